import { redactSecrets } from '@stack/alert-bot/src/runtime/redact-secrets.ts';
import type { Evidence, ReplicaEvidence } from '@stack/alert-bot/src/runtime/runtime.ts';
import type { LocalReplica, ReplicaGroup } from './replica-group.ts';

const evidenceLines = 40;

/** What a person wants to see of the replicas as they are now, without secrets. */
export function collectEvidence(group: ReplicaGroup | undefined, only: string | undefined): Evidence {
  const chosen = (group?.replicas ?? []).filter(({ id }) => only === undefined || id === only);
  return { capturedAt: Date.now(), replicas: chosen.map(evidenceOf) };
}

function evidenceOf({ id, name, process }: LocalReplica): ReplicaEvidence {
  const { state, health, startedAt, restarts, exitCode, probe } = process.status();
  const env = Object.entries(process.spec.env).map(([key, value]) => `${key}=${value}`);
  // as one text: a key has many lines
  const clean = (lines: readonly string[]) =>
    redactSecrets(lines.join('\n'), env)
      .split('\n')
      .map((line) => line.slice(0, 500));
  return {
    id,
    name,
    state,
    health,
    startedAt,
    restartCount: restarts,
    ...(state !== 'running' && exitCode !== undefined && { exitCode }),
    ...(probe !== undefined && { healthOutput: [clean([probe]).join(' ')] }),
    logLines: clean(process.lastLines().slice(-evidenceLines)),
  };
}
