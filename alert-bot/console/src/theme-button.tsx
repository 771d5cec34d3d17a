import { useState } from 'preact/hooks';

type Theme = 'auto' | 'light' | 'dark';
const next: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const words: Readonly<Record<Theme, string>> = { auto: 'as the system', light: 'light', dark: 'dark' };

function current(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === 'light' || chosen === 'dark' ? chosen : 'auto';
}

/** Light, dark, or as the system has it; remembered by this browser. */
export function ThemeButton() {
  const [theme, setTheme] = useState(current);
  const turn = () => {
    const chosen = next[theme];
    if (chosen === 'auto') {
      delete document.documentElement.dataset['theme'];
      localStorage.removeItem('theme');
    } else {
      document.documentElement.dataset['theme'] = chosen;
      localStorage.setItem('theme', chosen);
    }
    setTheme(chosen);
  };
  const label = `Colours: ${words[theme]}. Change to ${words[next[theme]]}.`;
  return (
    <button type="button" class="icon" title={label} aria-label={label} onClick={turn}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="5.5" />
        <path
          d={
            theme === 'dark'
              ? 'M8 2.5a5.5 5.5 0 0 1 0 11a5.5 5.5 0 0 1 0-11z'
              : theme === 'light'
                ? ''
                : 'M8 2.5a5.5 5.5 0 0 1 0 11z'
          }
        />
      </svg>
    </button>
  );
}
