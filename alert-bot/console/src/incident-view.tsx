import { useEffect, useState } from 'preact/hooks';
import type { IncidentSummary } from '../../src/healer/healer.ts';
import type { Progress, RunbookView } from '../../src/healer/views.ts';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import { Answers } from './answers.tsx';
import { ApiProblem, ask, describeError, mayPass, retryMs } from './api.ts';
import { EvidenceSection } from './evidence-section.tsx';
import { plain } from './format.ts';
import { onIncidentEvent } from './live.ts';
import { Badge, Foreign, Time } from './parts.tsx';
import { toMarkdown } from './post-mortem.ts';
import { useStore } from './store.ts';
import { Timeline } from './timeline.tsx';
import { outcomeSign, phaseSign } from './words.ts';

export type FullIncident = IncidentSummary & { timeline: IncidentEvent[]; progress: Progress[] };

interface Read {
  incident?: FullIncident;
  problem?: string;
  isMissing?: boolean;
}

const restMs = 500;

/** Events are shown as they come; the incident is read again after them, because the bot knows what they add up to. */
function useIncident(id: string): Read {
  const [read, setRead] = useState<Read>({});
  const { connection, tokenAsked } = useStore();
  const isLive = connection.state === 'live';
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let pauseMs = restMs;
    const later = (ms: number) => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void load();
      }, ms);
    };
    const load = async () => {
      const began = performance.now();
      try {
        const incident = await ask<FullIncident>(`/incidents/${encodeURIComponent(id)}`);
        if (!isOver) setRead({ incident });
      } catch (error) {
        const isMissing = error instanceof ApiProblem && error.status === 404;
        if (isOver) return;
        setRead((before) => ({ ...before, problem: describeError(error), isMissing }));
        if (mayPass(error)) later(retryMs);
      }
      pauseMs = Math.max(restMs, 5 * (performance.now() - began));
    };
    if (tokenAsked === undefined) void load();
    const stop = onIncidentEvent((event) => {
      if (event.incident !== id) return;
      setRead(({ incident, ...rest }) => (incident ? { ...rest, incident: withEvent(incident, event) } : rest));
      later(pauseMs);
    });
    return () => {
      isOver = true;
      clearTimeout(timer);
      stop();
    };
  }, [id, isLive, tokenAsked]);
  return read;
}

function withEvent(incident: FullIncident, event: IncidentEvent): FullIncident {
  if (incident.timeline.some(({ seq }) => seq === event.seq)) return incident;
  return { ...incident, timeline: [...incident.timeline, event] };
}

export function IncidentView({ id }: { id: string }) {
  const { incident, problem, isMissing } = useIncident(id);
  const { progress } = useStore();
  const runbooks = useRunbooks();
  if (!incident)
    return isMissing ? (
      <Missing id={id} />
    ) : (
      <p class={problem ? 'problem' : 'loading'}>{problem ?? 'Reading from the bot…'}</p>
    );
  const lines = merged(incident.progress, progress.get(id) ?? []);
  const runbook = runbooks?.find(({ name }) => name === incident.runbook);
  return (
    <article class="incident">
      <p class="crumbs">
        <a href="/ui/incidents">Incidents</a> / <Foreign text={id} max={100} />
      </p>
      <div class="title-row">
        <h1>
          <Foreign text={incident.alertname || 'Alert without a name'} max={200} />
        </h1>
        <span class="badges">
          <Badge
            sign={
              incident.status === 'firing'
                ? { word: 'alert fires', tone: 'warn' }
                : { word: 'alert is over', tone: 'good' }
            }
          />
          <Badge sign={phaseSign(incident.phase)} />
          {incident.outcome && <Badge sign={outcomeSign(incident.outcome)} />}
        </span>
        <CopyButton text={() => toMarkdown(incident, lines, runbook)} />
      </div>
      {problem && <p class="problem">{problem}</p>}
      <Answers incident={incident} runbook={runbook} />
      <Timeline events={incident.timeline} startsAt={incident.startsAt} />
      <ProgressSection lines={lines} />
      <EvidenceSection events={incident.timeline} />
      <RunbookSection incident={incident} runbook={runbook} />
      <LabelsSection incident={incident} />
    </article>
  );
}

const Missing = ({ id }: { id: string }) => (
  <section class="empty">
    <h1>The bot does not know this incident</h1>
    <p>
      <Foreign text={id} max={100} />: it may be so long ago that only the files of the incident log have it, or it was
      another bot's.
    </p>
    <p>
      <a href="/ui/incidents">All incidents that the bot remembers</a>
    </p>
  </section>
);

const merged = (read: readonly Progress[], told: readonly Progress[]): Progress[] => {
  const byText = new Map([...read, ...told].map((line) => [`${line.at} ${line.text}`, line]));
  return [...byText.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
};

function useRunbooks(): RunbookView[] | undefined {
  const [runbooks, setRunbooks] = useState<RunbookView[]>();
  const { tokenAsked } = useStore();
  useEffect(() => {
    if (tokenAsked === undefined)
      void ask<{ runbooks: RunbookView[] }>('/runbooks.json').then(
        (answer) => setRunbooks(answer.runbooks),
        () => undefined, // the rest of the page says what is wrong
      );
  }, [tokenAsked]);
  return runbooks;
}

/** Browsers have the clipboard's API on https and localhost only; elsewhere the old way still works. */
async function writeToClipboard(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  if (!isDone) throw new Error('refused');
}

function CopyButton({ text }: { text: () => string }) {
  const [said, setSaid] = useState('Copy as Markdown');
  const copy = () =>
    writeToClipboard(text()).then(
      () => setSaid('Copied'),
      () => setSaid('The browser did not allow it'),
    );
  return (
    <button type="button" title="For a post-mortem: what happened, with times and evidence" onClick={copy}>
      <span aria-live="polite">{said}</span>
    </button>
  );
}

function ProgressSection({ lines }: { lines: readonly Progress[] }) {
  if (lines.length === 0) return null;
  return (
    <section>
      <h2>Steps and looks</h2>
      <p class="note">
        What the bot did in detail and what each look of the verification found. Kept in memory until the bot restarts.
      </p>
      <ol class="steps">
        {lines.map(({ at, kind, text }) => (
          <li key={at + text}>
            <Time at={at} /> <span class="kind">{kind}</span> <Foreign text={text} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function RunbookSection({ incident, runbook }: { incident: FullIncident; runbook: RunbookView | undefined }) {
  return (
    <section>
      <h2>Runbook</h2>
      {runbook ? (
        <pre class="source">{plain(runbook.source, 5_000)}</pre>
      ) : (
        <p class="note">
          {incident.runbook
            ? `${plain(incident.runbook, 100)} is not in the runbooks any more.`
            : 'No runbook matches this alert, so it is left to people. runbooks.yml says what the bot may do.'}
        </p>
      )}
    </section>
  );
}

function LabelsSection({ incident }: { incident: FullIncident }) {
  const received = incident.timeline.find((event) => event.type === 'received');
  const annotations = received?.type === 'received' ? Object.entries(received.alert.annotations ?? {}) : [];
  return (
    <section>
      <h2>Labels and annotations</h2>
      <table class="labels">
        <tbody>
          {[...Object.entries(incident.labels), ...annotations].map(([name, value]) => (
            <tr key={name}>
              <th scope="row">
                <Foreign text={name} max={100} />
              </th>
              <td>
                <Foreign text={value} max={20_000} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
