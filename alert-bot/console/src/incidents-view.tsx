import { useEffect, useState } from 'preact/hooks';
import type { IncidentSummary } from '../../src/healer/healer.ts';
import { outcomes } from '../../src/incidents/outcome.ts';
import { ask, describeError, mayPass, retryMs } from './api.ts';
import { plain } from './format.ts';
import { IncidentTable } from './incident-table.tsx';
import { onIncidentEvent } from './live.ts';
import { FirstSteps } from './now-view.tsx';
import { go } from './router.ts';
import { StatsRow } from './stats-row.tsx';
import { useStore } from './store.ts';

const pageSize = 50;
/** A page of the newest ones is read again while events come, at most so often. */
const restMs = 1_500;
const filters = ['text', 'project', 'service', 'outcome', 'alertname', 'open', 'cursor'] as const;

interface Page {
  items: IncidentSummary[];
  nextCursor: string | null;
}

function apiQuery(query: URLSearchParams): string {
  const asked = new URLSearchParams({ limit: String(pageSize) });
  for (const name of filters) {
    const value = query.get(name);
    if (value) asked.set(name, value);
  }
  return asked.toString();
}

/** Everything the bot remembers, newest first. The address has the filters, so that it can be sent to a colleague. */
export function IncidentsView({ query }: { query: URLSearchParams }) {
  const asked = apiQuery(query);
  const { page, problem } = usePage(asked);
  const isFiltered = filters.some((name) => query.has(name));
  return (
    <>
      <h1>Incidents</h1>
      <StatsRow />
      <Filters query={query} />
      {problem && <p class="problem">{problem}</p>}
      {!page && !problem && <p class="loading">Reading from the bot…</p>}
      {page && page.items.length > 0 && <IncidentTable incidents={page.items} />}
      {page && page.items.length === 0 && (isFiltered ? <NothingFound /> : <FirstSteps />)}
      {page && <Pager query={query} nextCursor={page.nextCursor} />}
    </>
  );
}

const NothingFound = () => (
  <section class="empty">
    <h2>No incident matches</h2>
    <p>
      <a href="/ui/incidents">Show all incidents</a>. The bot remembers the last 10,000 that are over; older ones are in
      the files of its log only.
    </p>
  </section>
);

function usePage(asked: string): { page: Page | undefined; problem: string | undefined } {
  const [state, setState] = useState<{ asked: string; page?: Page; problem?: string }>({ asked });
  const { connection, tokenAsked } = useStore();
  const isLive = connection.state === 'live';
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const read = () =>
      ask<Page>(`/incidents?${asked}`).then(
        (page) => !isOver && setState({ asked, page }),
        (error: unknown) => {
          if (isOver) return;
          setState((before) => ({ ...(before.asked === asked ? before : { asked }), problem: describeError(error) }));
          if (mayPass(error)) later(retryMs);
        },
      );
    const later = (ms: number) => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void read();
      }, ms);
    };
    if (tokenAsked === undefined) void read();
    const stop = onIncidentEvent(() => later(restMs));
    return () => {
      isOver = true;
      clearTimeout(timer);
      stop();
    };
  }, [asked, isLive, tokenAsked]);
  return { page: state.asked === asked ? state.page : undefined, problem: state.problem };
}

function Filters({ query }: { query: URLSearchParams }) {
  const { services } = useStore();
  const known = services?.services ?? [];
  const projects = withChosen(query.get('project'), [...new Set(known.flatMap(({ project }) => project ?? []))]);
  const change = (form: HTMLFormElement, how: 'push' | 'replace') => {
    const next = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== '') next.set(name, String(value));
    const text = next.toString();
    go(text === '' ? '/ui/incidents' : `/ui/incidents?${text}`, how);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    change(event.currentTarget as HTMLFormElement, 'push');
  };
  const select = (event: Event) => change((event.currentTarget as HTMLSelectElement).form as HTMLFormElement, 'push');
  const key = [...query].filter(([name]) => name !== 'cursor').join('&');
  return (
    <search>
      <form class="filters" key={key} onSubmit={submit}>
        <label>
          Text
          <input
            name="text"
            type="search"
            defaultValue={query.get('text') ?? ''}
            maxLength={200}
            placeholder="label, reason, summary, id"
          />
        </label>
        <label>
          Alert
          <input name="alertname" defaultValue={query.get('alertname') ?? ''} maxLength={200} placeholder="APIDown" />
        </label>
        {projects.length > 1 && <Choice name="project" of={projects} query={query} onChange={select} />}
        <Choice
          name="service"
          of={withChosen(
            query.get('service'),
            known.map(({ target }) => target),
          )}
          query={query}
          onChange={select}
        />
        <label>
          Outcome
          <select name="outcome" onChange={select}>
            <option value="">all</option>
            {outcomes.map((outcome) => (
              <option key={outcome} value={outcome} selected={outcome === query.get('outcome')}>
                {outcome}
              </option>
            ))}
          </select>
        </label>
        <label>
          State
          <select name="open" onChange={select}>
            <option value="">all</option>
            <option value="true" selected={query.get('open') === 'true'}>
              open
            </option>
            <option value="false" selected={query.get('open') === 'false'}>
              closed
            </option>
          </select>
        </label>
        <button type="submit">Filter</button>
        {key !== '' && <a href="/ui/incidents">Clear</a>}
      </form>
    </search>
  );
}

/** What the address names is a choice too, though the bot does not know it. */
const withChosen = (chosen: string | null, names: readonly string[]): readonly string[] =>
  chosen && !names.includes(chosen) ? [...names, chosen] : names;

interface ChoiceProps {
  name: 'project' | 'service';
  of: readonly string[];
  query: URLSearchParams;
  onChange: (event: Event) => void;
}

const Choice = ({ name, of, query, onChange }: ChoiceProps) => (
  <label>
    {name === 'project' ? 'Project' : 'Service'}
    <select name={name} onChange={onChange}>
      <option value="">all</option>
      {of.map((text) => (
        <option key={text} value={text} selected={text === query.get(name)}>
          {plain(text, 60)}
        </option>
      ))}
    </select>
  </label>
);

function Pager({ query, nextCursor }: { query: URLSearchParams; nextCursor: string | null }) {
  const at = (cursor: string | null) => {
    const next = new URLSearchParams(query);
    next.delete('cursor');
    if (cursor !== null) next.set('cursor', cursor);
    return `/ui/incidents?${next}`;
  };
  if (nextCursor === null && !query.has('cursor')) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {query.has('cursor') && <a href={at(null)}>Newest</a>}
      {nextCursor !== null && <a href={at(nextCursor)}>Older</a>}
    </nav>
  );
}
