import { render } from 'preact';
import { App } from './app.tsx';
import { goLive } from './live.ts';
import { followLinks } from './router.ts';

const root = document.getElementById('console');
if (root) render(<App />, root);
document.addEventListener('click', followLinks);
goLive();
