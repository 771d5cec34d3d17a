import type { RunbookView } from '../../src/healer/views.ts';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import { Approve, Pause, Reject, Release } from './commands.tsx';
import { duration, plain } from './format.ts';
import type { FullIncident } from './incident-view.tsx';
import { linksOf } from './links.ts';
import { Away, Field, Foreign, Time, TimingWords } from './parts.tsx';
import { useSecond, useStore } from './store.ts';
import { actionText, describeEvent, nextOf, proofOf, spaced } from './words.ts';

type Of<T extends IncidentEvent['type']> = Extract<IncidentEvent, { type: T }>;

export function lastOf<T extends IncidentEvent['type']>(events: readonly IncidentEvent[], type: T): Of<T> | undefined {
  return events.findLast((event): event is Of<T> => event.type === type);
}

/** What an operator asks at three in the morning, in that order. */
export function Answers({ incident, runbook }: { incident: FullIncident; runbook: RunbookView | undefined }) {
  const now = useSecond();
  return (
    <dl class="answers">
      <Field name="What fired">
        <strong>
          <Foreign text={incident.alertname || 'An alert without a name'} max={200} />
        </strong>
        {incident.target && (
          <>
            {' '}
            on <Foreign text={incident.target} max={100} />
          </>
        )}
        {incident.title && (
          <p>
            <Foreign text={incident.title} />
          </p>
        )}
      </Field>
      <Field name="Since when">
        <Time at={incident.startsAt} />, {sinceText(incident, now)}
      </Field>
      <Field name="What was done">
        <Done incident={incident} runbook={runbook} />
      </Field>
      <Field name="Did it help">
        <Proof incident={incident} />
      </Field>
      <Field name="How long it took">
        <TimingWords incident={incident} />
      </Field>
      <Field name="What happens next">{nextOf(incident, now)}</Field>
      <Field name="What you can do">
        <Actions incident={incident} />
      </Field>
    </dl>
  );
}

function sinceText({ startsAt, resolvedAt }: FullIncident, now: number): string {
  const start = Date.parse(startsAt);
  if (resolvedAt === null) return `for ${duration((now - start) / 1_000)} now`;
  return `over after ${duration((Date.parse(resolvedAt) - start) / 1_000)}`;
}

function Done({ incident, runbook }: { incident: FullIncident; runbook: RunbookView | undefined }) {
  const acting = lastOf(incident.timeline, 'acting');
  const acted = lastOf(incident.timeline, 'acted');
  if (!acting) {
    const decided = lastOf(incident.timeline, 'decided');
    const words = decided && describeEvent(decided);
    return (
      <>
        <p>Nothing was touched.</p>
        {words && (
          <p>
            {words.title}
            {words.detail ? ` (${words.detail})` : ''}
          </p>
        )}
      </>
    );
  }
  return (
    <>
      <p>
        <strong>{actionText(acting.action)}</strong>, attempt {acting.attempt}
        {acting.purpose === 'on_resolved' ? ', to scale back' : ''}, by runbook {plain(acting.runbook, 100)}
        {runbook ? ` (${runbook.mode})` : ''}
      </p>
      <ReplicaTimes before={acting.before} after={acted?.attempt === acting.attempt ? acted.after : []} />
    </>
  );
}

type Replicas = Of<'acting'>['before'];

/** A new start time is the proof of a restart. */
function ReplicaTimes({ before, after }: { before: Replicas; after: Replicas }) {
  const rows = [...new Map([...before, ...after].map((replica) => [replica.name, replica])).keys()];
  if (rows.length === 0) return null;
  const timeIn = (replicas: Replicas, name: string) => replicas.find((replica) => replica.name === name)?.startedAt;
  return (
    <table class="replica-times">
      <thead>
        <tr>
          <th scope="col">Replica</th>
          <th scope="col">Started before</th>
          <th scope="col">Started after</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((name) => (
          <tr key={name}>
            <td>
              <Foreign text={name} max={100} />
            </td>
            <td>
              <StartTime at={timeIn(before, name)} none="new" />
            </td>
            <td>
              <StartTime at={timeIn(after, name)} none="–" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const StartTime = ({ at, none }: { at: string | undefined; none: string }) =>
  at === undefined || Number.isNaN(Date.parse(at)) ? none : <Time at={at} />;

const helpTexts = {
  healed: 'Yes',
  ineffective: 'No',
  failed: 'No: the action itself failed',
  unknown: 'It is not known, which counts as no',
  relapsed: 'Not for long: the same alert came back, so it counts as no',
};

function Proof({ incident }: { incident: FullIncident }) {
  const verified = incident.timeline.findLast(
    (event): event is Of<'verified'> => event.type === 'verified' && event.purpose === 'repair',
  );
  if (incident.phase === 'acting' || incident.phase === 'verifying')
    return (
      <p>Not known yet: it is healed when the target is healthy and the alert is gone, and both stay so for a while.</p>
    );
  if (!verified || incident.outcome === null) return <p>There is nothing to check: nothing was done.</p>;
  const proof = proofOf(verified);
  return (
    <>
      <p>
        <strong>{helpTexts[incident.outcome]}</strong>
      </p>
      <p>
        {proof && <>Seen: {proof}. </>}
        Judged at <Time at={verified.at} />, {duration(verified.seconds)} after the action.
      </p>
    </>
  );
}

function Actions({ incident }: { incident: FullIncident }) {
  const { status, links } = useStore();
  const { id, action, target, phase } = incident;
  const received = incident.timeline.find((event): event is Of<'received'> => event.type === 'received');
  const { prometheus, grafana, runbook } = linksOf(incident, received?.alert, links);
  const isQuarantined = status?.quarantined.some((other) => other.target === target) ?? false;
  return (
    <>
      <div class="buttons">
        {phase === 'awaiting_approval' && <Approve id={id} action={action} />}
        {phase === 'awaiting_approval' && <Reject id={id} action={action} />}
        {isQuarantined && target && <Release target={target} />}
        {phase !== 'closed' && !status?.paused && <Pause />}
      </div>
      <p class="links">
        <a href={runbook}>What this alert means</a>
        <Away href={prometheus}>Graph in Prometheus</Away>
        <Away href={grafana}>Dashboard of that time</Away>
      </p>
      {phase === 'closed' && (
        <p class="note">
          {incident.status === 'firing'
            ? `The bot leaves it alone: ${spaced(incident.reason)}.`
            : 'There is nothing to decide.'}
        </p>
      )}
    </>
  );
}
