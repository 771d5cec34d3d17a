import type { IncidentEvent } from '../../src/incidents/event.ts';
import type { Evidence, ReplicaEvidence } from '../../src/runtime/runtime.ts';
import { plain } from './format.ts';
import { Foreign, StateWord, Time } from './parts.tsx';

const shownLines = 60;

/** As the replicas were before they were touched: a restart wipes the traces. */
export function EvidenceSection({ events }: { events: readonly IncidentEvent[] }) {
  const kept = events.filter((event) => event.type === 'evidence');
  if (kept.length === 0) return null;
  return (
    <section>
      <h2>Before the repair</h2>
      {kept.map((event) => (
        <div key={event.seq}>
          {kept.length > 1 && <h3>Attempt {event.attempt}</h3>}
          {replicasOf(event.evidence).map((replica) => (
            <ReplicaBefore key={replica.id} replica={replica} />
          ))}
        </div>
      ))}
    </section>
  );
}

/** The log is read as it is: an older version may have written it. */
const replicasOf = (evidence: unknown): readonly ReplicaEvidence[] => {
  const replicas = (evidence as Partial<Evidence> | null)?.replicas;
  return Array.isArray(replicas) ? replicas : [];
};

function ReplicaBefore({ replica }: { replica: ReplicaEvidence }) {
  const { name, state, health, startedAt, restartCount, exitCode, healthOutput = [], logLines = [] } = replica;
  const lines = logLines.slice(-shownLines);
  return (
    <div class="evidence">
      <p>
        <strong>
          <Foreign text={name ?? ''} max={100} />
        </strong>{' '}
        <StateWord state={state} health={health} />
        {startedAt && !Number.isNaN(Date.parse(startedAt)) && (
          <>
            , started <Time at={startedAt} />
          </>
        )}
        {restartCount > 0 && `, restarted ${restartCount} times by the engine`}
        {exitCode !== undefined && `, exit code ${exitCode}`}
      </p>
      {healthOutput.length > 0 && (
        <>
          <h4>Health checks</h4>
          <Lines lines={healthOutput} label={`Output of the health checks of ${name}`} />
        </>
      )}
      <h4>Last log lines</h4>
      {lines.length > 0 ? (
        <Lines lines={lines} label={`Last log lines of ${name}`} />
      ) : (
        <p class="note">The container wrote nothing.</p>
      )}
    </div>
  );
}

const Lines = ({ lines, label }: { lines: readonly string[]; label: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section class="log" tabIndex={0} aria-label={plain(label, 150)}>
    <pre>{lines.map((line) => plain(String(line), 2_000)).join('\n')}</pre>
  </section>
);
