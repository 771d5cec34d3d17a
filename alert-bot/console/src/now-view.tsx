import type { HealerStats, IncidentSummary } from '../../src/healer/healer.ts';
import { hasToken } from './api.ts';
import { Approve, Reject, Release } from './commands.tsx';
import { plain, shortDuration } from './format.ts';
import { IncidentTable } from './incident-table.tsx';
import { Ago, Badge, Foreign, partsLine, Shape, TimingBar } from './parts.tsx';
import { incidentHref } from './router.ts';
import { StatsRow } from './stats-row.tsx';
import { useSecond, useStore } from './store.ts';
import { partsOf, totalOf } from './timing.ts';
import { activityOf, nextOf, phaseSign } from './words.ts';

const order: Readonly<Record<IncidentSummary['phase'], number>> = {
  acting: 0,
  verifying: 1,
  queued: 2,
  awaiting_approval: 3,
  waiting: 4,
  closed: 5,
};

/** What fires, what the bot does about it at this moment, and who waits for whom. */
export function NowView() {
  const { open, recent, left, status } = useStore();
  if (!open || !status) return <p class="loading">Reading from the bot…</p>;
  const sorted = [...open].sort((a, b) => order[a.phase] - order[b.phase]);
  const more = status.openIncidents - open.length;
  return (
    <>
      <div class="title-row">
        <h1>{headline(status.openIncidents, left.length)}</h1>
        <Vitals status={status} />
      </div>
      {open.length === 0 && left.length === 0 && (recent?.length ?? 0) > 0 && (
        <p class="calm">Every alert that came in is over. What happened last is below.</p>
      )}
      <ul class="open-list">
        {sorted.map((incident) => (
          <OpenIncident key={incident.id} incident={incident} />
        ))}
      </ul>
      {more > 0 && (
        <p>
          {more} more: <a href="/ui/incidents?open=true">all open incidents</a>.
        </p>
      )}
      {left.length > 0 && (
        <section>
          <h2>Fires, and is left to people</h2>
          <IncidentTable incidents={left} />
        </section>
      )}
      {open.length === 0 && recent?.length === 0 && <FirstSteps />}
      <StatsRow />
      {recent && recent.length > 0 && (
        <section>
          <h2>
            Last closed <a href="/ui/incidents">all incidents</a>
          </h2>
          <IncidentTable incidents={recent} />
        </section>
      )}
    </>
  );
}

function headline(open: number, left: number): string {
  if (open > 0) return `${open} open ${open === 1 ? 'incident' : 'incidents'}`;
  return left > 0 ? 'Nothing to repair' : 'Nothing fires';
}

/** The bot's own state in one line. */
function Vitals({ status }: { status: HealerStats }) {
  const now = useSecond();
  const { budget, lastWatchdogAt, sources, quarantined, runbooks } = status;
  return (
    <ul class="vitals">
      <li>
        <Shape tone={budget.remaining > 0 ? 'good' : 'bad'} />
        {budget.remaining} of {budget.limit} actions left this hour
      </li>
      <li>
        <Shape tone={status.runtimeUp ? 'good' : 'bad'} />
        container engine {status.runtimeUp ? 'answers' : 'is away'}
      </li>
      {(sources ?? []).map(({ source, up }) => (
        <li key={source}>
          <Shape tone={up ? 'good' : 'bad'} />
          {sourceWords(source, up)}
        </li>
      ))}
      {!(sources ?? []).some(({ source }) => source !== 'engine') && (
        <li>
          <Shape tone="warn" />
          no Prometheus: a repair is proven by Alertmanager's “resolved” only
        </li>
      )}
      <li>
        <Shape tone={lastWatchdogAt === null ? 'quiet' : 'good'} />
        {lastWatchdogAt === null
          ? 'no Watchdog seen yet'
          : `Watchdog ${shortDuration((now - lastWatchdogAt) / 1_000)} ago`}
      </li>
      {quarantined.length > 0 && (
        <li>
          <Shape tone="bad" />
          <a href="/ui/services">in quarantine: {plain(quarantined.map(({ target }) => target).join(', '), 200)}</a>
        </li>
      )}
      <li>
        <Shape tone={runbooks.lastError === null ? 'good' : 'warn'} />
        {runbooks.count} {runbooks.count === 1 ? 'runbook' : 'runbooks'}
      </li>
    </ul>
  );
}

function OpenIncident({ incident }: { incident: IncidentSummary }) {
  const now = useSecond();
  const { progress, status } = useStore();
  const sign = phaseSign(incident.phase);
  const lines = (progress.get(incident.id) ?? []).slice(-4);
  const isFlying = sign.tone === 'busy';
  const isOver = incident.status === 'resolved';
  const inQuarantine =
    incident.reason === 'quarantined' && status?.quarantined.some(({ target }) => target === incident.target);
  return (
    <li class={`open-incident ${sign.tone}`}>
      <div class="head">
        <Badge sign={sign} />
        <h2>
          <a href={incidentHref(incident.id)}>
            <Foreign text={incident.alertname || 'Alert without a name'} max={120} />
          </a>
        </h2>
        {incident.target && (
          <span class="service">
            <Foreign text={incident.target} max={60} />
          </span>
        )}
        {incident.labels['severity'] && (
          <span class="severity">{<Foreign text={incident.labels['severity']} max={40} />}</span>
        )}
        <span class="clock" title="Since the alert began">
          {isOver ? 'over' : shortDuration((now - Date.parse(incident.startsAt)) / 1_000)}
        </span>
      </div>
      {incident.title && (
        <p class="summary">
          <Foreign text={incident.title} />
        </p>
      )}
      <p class="activity">
        {activityOf(incident)} <span class="next">{nextOf(incident, now)}</span>
      </p>
      {incident.attempt && <TimingBar incident={incident} longest={Math.max(60, totalOf(partsOf(incident, now)))} />}
      {isFlying && lines.length > 0 && (
        <ol class="steps" aria-label="Steps">
          {lines.map(({ at, text, kind }) => (
            <li key={at + text}>
              <Ago at={at} now={now} /> <span class={kind}>{kind === 'look' ? 'look: ' : ''}</span>
              <Foreign text={text} />
            </li>
          ))}
        </ol>
      )}
      <div class="foot">
        <span>
          attempts: {incident.attempts}
          {incident.escalated ? ' · a person was called' : ''}
          {incident.runbook ? ` · runbook ${plain(incident.runbook, 100)}` : ''}
          {incident.attempt ? ` · ${partsLine(partsOf(incident, now))}` : ''}
        </span>
        {incident.phase === 'awaiting_approval' && (
          <span class="buttons">
            <Approve id={incident.id} action={incident.action} />
            <Reject id={incident.id} action={incident.action} />
          </span>
        )}
        {inQuarantine && incident.target && <Release target={incident.target} />}
      </div>
    </li>
  );
}

const example =
  () => `curl -XPOST -H 'content-type: application/json'${hasToken() ? " -H 'authorization: Bearer <token>'" : ''} ${location.origin}/alert \\
  -d '{"alerts":[{"labels":{"alertname":"APIHighLatency","severity":"critical"}}]}'`;

/** Nothing has happened yet: how to make it. */
export const FirstSteps = () => (
  <section class="empty">
    <h2>No incident yet. Three commands that make one</h2>
    <ol>
      <li>
        The whole story, from traffic over a fault to the verified repair: <pre>npm run demo</pre>
      </li>
      <li>
        A fault by hand, with the traffic without which no rule sees it:{' '}
        <pre>{'npm run load -- --for 3m & npm run fault -- latency 400ms 3m'}</pre>
      </li>
      <li>
        Only the alert, which the bot takes at its word until it asks Prometheus: <pre>{example()}</pre>
      </li>
    </ol>
  </section>
);

function sourceWords(source: HealerStats['sources'][number]['source'], up: boolean): string {
  if (source === 'engine') return up ? 'container events are heard' : 'container events are not heard';
  return `${source === 'prometheus' ? 'Prometheus' : 'Alertmanager'} ${up ? 'answers' : 'is away'}`;
}
