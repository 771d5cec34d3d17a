import { parseTarget, plainProject, printTarget } from '../../targets/target-name.ts';
import { redactSecrets } from '../redact-secrets.ts';
import type { Evidence, ReplicaEvidence } from '../runtime.ts';
import { nameOf } from './clone-container.ts';
import { demultiplexLog } from './demultiplex-log.ts';
import type { DockerEngine } from './docker-engine.ts';
import { EngineError } from './engine-error.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';
import { allTargets, isInScope, type ProjectScope } from './project-scope.ts';

/** Bounds of what is kept for each replica: it ends up in a log line and in a chat message. */
const maxReplicas = 10;
const maxLines = 40;
const maxLineLength = 500;
const maxProbes = 3;

/** What the replicas of a target (or the one with the id `replica`) look like now. Their environment stays behind. */
export async function collectEvidence(
  engine: DockerEngine,
  scope: ProjectScope,
  text: string,
  replica?: string,
): Promise<Evidence> {
  const all = await listTarget(engine, scope, text);
  const chosen = all.filter(({ Id }) => replica === undefined || Id === replica).slice(0, maxReplicas);
  const seen = await Promise.all(chosen.map(({ Id }) => collectOne(engine, Id)));
  return { capturedAt: Date.now(), replicas: seen.filter((one) => one !== undefined) };
}

async function listTarget(engine: DockerEngine, scope: ProjectScope, text: string): Promise<ContainerSummary[]> {
  const parts = parseTarget(text, scope.home);
  if (!parts || !isInScope(scope, parts.project)) return [];
  const listed = await engine.listContainers(parts.project === plainProject ? undefined : parts.project);
  return allTargets(listed, scope).get(printTarget(parts, scope.home))?.listed ?? [];
}

/** Undefined when the container is gone by now. A log that cannot be read (its driver keeps none) is said in its place. */
async function collectOne(engine: DockerEngine, id: string): Promise<ReplicaEvidence | undefined> {
  const unlessRefused = (error: unknown) => {
    if (error instanceof EngineError) return error;
    throw error;
  };
  const inspect = await engine.inspect(id).catch(unlessRefused);
  if (inspect instanceof EngineError) return undefined;
  const log = await engine.logs(id, maxLines).catch(unlessRefused);
  const text =
    log instanceof EngineError ? `(no log: ${log.message})` : demultiplexLog(log, inspect.Config.Tty === true);
  return describeReplica(inspect, text);
}

function describeReplica(inspect: ContainerInspect, log: string): ReplicaEvidence {
  const { State, Config, RestartCount } = inspect;
  const clean = (text: string) => lines(redactSecrets(text, Config.Env ?? []));
  return {
    id: inspect.Id,
    name: nameOf(inspect),
    state: State.OOMKilled ? `${State.Status} (out of memory)` : State.Status,
    health: State.Health?.Status || 'none',
    startedAt: State.StartedAt,
    restartCount: RestartCount,
    ...(State.Running ? {} : { exitCode: State.ExitCode }),
    healthOutput: (State.Health?.Log ?? [])
      .slice(-maxProbes)
      .map(({ ExitCode, Output }) => `exit ${ExitCode}: ${clean(Output.slice(0, 4_000)).join(' ⏎ ')}`),
    logLines: clean(log).slice(-maxLines),
  };
}

/** Without colours and other control characters: the text is shown in terminals and chats. */
function lines(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const printable = text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
  const kept = printable.split('\n').filter((line) => line.trim() !== '');
  return kept.map((line) => (line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line));
}
