import type { ActionOptions, ActionResult, AffectedReplica, Observation, Replica, Runtime } from '../runtime.ts';

/** An action that would have been taken. */
export interface RehearsedAction {
  at: number;
  action: 'restart' | 'scale';
  service: string;
  /** The container id that was named, for a restart of one replica. */
  replica?: string;
  /** The wanted number of replicas, for scale. */
  to?: number;
}

export interface DryRunOptions {
  /** Looks at the real containers; only its questions are asked, never its actions. */
  observer?: Runtime | undefined;
  /** Told of every action, for the log. */
  onRehearsed?: ((action: RehearsedAction) => void) | undefined;
  now?: () => number;
}

export interface DryRunRuntime extends Runtime {
  /** The last actions, newest last. */
  rehearsed(): readonly RehearsedAction[];
}

/** How many actions are remembered. */
const maxRemembered = 1_000;

/**
 * A runtime that answers every action as if it had worked and touches nothing. What it observes is the truth of `observer`, so a
 * rehearsed restart shows the old start time; without an observer nothing is observed and every target counts as there.
 */
export function createDryRunRuntime({ observer, onRehearsed, now = Date.now }: DryRunOptions = {}): DryRunRuntime {
  const actions: RehearsedAction[] = [];
  const remember = (action: Omit<RehearsedAction, 'at'>) => {
    const rehearsed = { at: now(), ...action };
    actions.push(rehearsed);
    if (actions.length > maxRemembered) actions.shift();
    onRehearsed?.(rehearsed);
  };
  const observe = async (signal?: AbortSignal): Promise<Observation> =>
    observer ? observer.observe(signal) : { project: 'dry-run', observedAt: now(), services: new Map() };
  const replicasOf = async (service: string): Promise<Replica[]> =>
    (await observe()).services.get(service)?.replicas ?? [];

  return {
    observe,
    evidence: async (service, replica) =>
      observer ? observer.evidence(service, replica) : { capturedAt: now(), replicas: [] },
    ping: async () => observer?.ping(),
    ...(observer?.meter && { meter: observer.meter }),
    ...(observer?.watch && { watch: (signal: AbortSignal) => watchOf(observer, signal) }),
    close: async () => observer?.close?.(),
    rehearsed: () => actions,
    restart: async ({ service, replica }, options) => {
      remember({ action: 'restart', service, ...(replica === undefined ? {} : { replica }) });
      const touched = (await replicasOf(service)).filter(({ id }) => replica === undefined || id === replica);
      return succeed(touched, options, ({ startedAt }) => ({ startedAt, previousStartedAt: startedAt }));
    },
    scale: async ({ service }, { to }, options) => {
      remember({ action: 'scale', service, to });
      return succeed((await replicasOf(service)).slice(0, to), options, ({ startedAt }) => ({ startedAt }));
    },
  };
}

const watchOf = ({ watch }: Runtime, signal: AbortSignal) => (watch as NonNullable<Runtime['watch']>)(signal);

function succeed(
  replicas: Replica[],
  options: ActionOptions,
  times: (replica: Replica) => Omit<AffectedReplica, 'id' | 'name'>,
): ActionResult {
  for (const { name } of replicas)
    options.onStep?.({ step: 'rehearsed', replica: name, detail: 'dry run: nothing was touched' });
  return { ok: true, replicas: replicas.map((replica) => ({ id: replica.id, name: replica.name, ...times(replica) })) };
}
