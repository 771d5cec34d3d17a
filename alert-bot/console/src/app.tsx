import { useEffect, useRef } from 'preact/hooks';
import { setToken } from './api.ts';
import { Banners } from './banners.tsx';
import { Pause, Resume } from './commands.tsx';
import { CommandHost, Dialog } from './dialog.tsx';
import { IncidentView } from './incident-view.tsx';
import { IncidentsView } from './incidents-view.tsx';
import { NowView } from './now-view.tsx';
import { type Place, usePlace } from './router.ts';
import { ServicesView } from './services-view.tsx';
import { isPaused, useStore } from './store.ts';
import { ThemeButton } from './theme-button.tsx';

const titles: Readonly<Record<Place['view'], string>> = {
  now: 'Now',
  incidents: 'Incidents',
  incident: 'Incident',
  services: 'Services',
  unknown: 'Not found',
};

export function App() {
  const place = usePlace();
  const { announcement, tokenAsked, open } = useStore();
  const count = open?.length ?? 0;
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ''}${titles[place.view]} · Alert bot`;
  }, [place.view, count]);
  return (
    <div class="page">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header view={place.view} />
      <Banners />
      <main id="main" tabIndex={-1}>
        <View place={place} />
      </main>
      <footer>
        <a href="/runbooks">Runbook</a>
        <a href="/docs">API</a>
        <a href="/status">Status as JSON</a>
        <a href="/metrics">Metrics</a>
      </footer>
      <div class="for-readers" aria-live="polite">
        {announcement}
      </div>
      <CommandHost />
      {tokenAsked && <TokenDialog why={tokenAsked} />}
    </div>
  );
}

function View({ place }: { place: Place }) {
  switch (place.view) {
    case 'now':
      return <NowView />;
    case 'incidents':
      return <IncidentsView query={place.query} />;
    case 'incident':
      return <IncidentView id={place.id ?? ''} key={place.id} />;
    case 'services':
      return <ServicesView />;
    default:
      return (
        <section class="empty">
          <h1>There is no such page</h1>
          <p>
            <a href="/">What happens now</a>, <a href="/ui/incidents">all incidents</a>,{' '}
            <a href="/ui/services">services</a>.
          </p>
        </section>
      );
  }
}

const views = [
  ['/', 'now', 'Now'],
  ['/ui/incidents', 'incidents', 'Incidents'],
  ['/ui/services', 'services', 'Services'],
] as const;

function Header({ view }: { view: Place['view'] }) {
  const { status } = useStore();
  return (
    <header>
      <a class="brand" href="/">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <rect width="16" height="16" rx="4" />
          <path d="M3 8.5h2.5l1.5-4 2.5 7 1.5-3H13" />
        </svg>
        Alert bot
      </a>
      <nav aria-label="Views">
        {views.map(([href, name, label]) => (
          <a
            key={href}
            href={href}
            aria-current={view === name || (name === 'incidents' && view === 'incident') ? 'page' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      <div class="tools">
        <LiveSign />
        <ThemeButton />
        {status && (isPaused(status.paused) ? <Resume /> : <Pause />)}
      </div>
    </header>
  );
}

const connectionWords = { connecting: 'connecting', live: 'live', lost: 'not connected' };

function LiveSign() {
  const { connection } = useStore();
  return <span class={`sign ${connection.state}`}>{connectionWords[connection.state]}</span>;
}

function TokenDialog({ why }: { why: 'missing' | 'wrong' }) {
  const input = useRef<HTMLInputElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const given = input.current?.value.trim() ?? '';
    if (given !== '') setToken(given);
  };
  return (
    <Dialog title="The bot asks for its token" onClose={() => undefined}>
      <form onSubmit={submit}>
        <p>
          It is the value of <code>ALERT_BOT_TOKEN</code>. This page keeps it in the memory of this tab only.
        </p>
        <label>
          Token
          <input ref={input} type="password" autocomplete="off" spellcheck={false} required />
        </label>
        <div role="status" class="answer-line refused">
          {why === 'wrong' && 'The bot does not accept this token.'}
        </div>
        <div class="buttons">
          <button type="submit" class="primary">
            Use this token
          </button>
        </div>
      </form>
    </Dialog>
  );
}
