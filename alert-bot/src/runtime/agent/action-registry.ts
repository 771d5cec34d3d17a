import { type ActionResult, type ActionStep, RuntimeUnavailable } from '../runtime.ts';
import type { ActionAnswer } from './agent-protocol.ts';

export interface ActionRequest {
  id: string;
  service: string;
  /** What is asked for, as text: the same id with another wish is a mistake of the caller. */
  wish: string;
}

type Run = (options: { signal: AbortSignal; onStep: (step: ActionStep) => void }) => Promise<ActionResult>;

export interface ActionRegistry {
  /**
   * Begins an action, unless the same one is under way: then the answer names that one, also when another caller began it. A bot
   * that was killed and asks again after its restart must not make things happen twice.
   */
  begin(request: ActionRequest, run: Run): { id: string } | 'busy' | 'id_reused';
  /** How the action stands, at once when there are steps after `afterStep` or it is over, else after `waitMs` at the latest. */
  follow(id: string, afterStep: number, waitMs: number): Promise<ActionAnswer | undefined>;
  /** Gives an action up between two of its steps. False when there is none with that id. */
  giveUp(id: string): boolean;
  /** Gives everything up and waits until nothing is under way. */
  stop(): Promise<void>;
}

interface Entry extends ActionRequest {
  steps: ActionStep[];
  outcome: { state: 'done'; result: ActionResult } | { state: 'unavailable'; message: string } | undefined;
  controller: AbortController;
  changed: Set<() => void>;
  finished: Promise<void>;
}

/** How many finished actions are remembered, so that a caller who lost the answer can still ask. */
const maxFinished = 500;

/** The actions of an agent: one at a time for each service, whoever asks and however often. */
export function createActionRegistry(): ActionRegistry {
  const entries = new Map<string, Entry>();
  let stopping = false;
  const isRunning = (entry: Entry) => entry.outcome === undefined;

  return {
    begin: (request, run) => {
      const known = entries.get(request.id);
      if (known) return known.wish === request.wish ? { id: known.id } : 'id_reused';
      const underWay = [...entries.values()].find((entry) => entry.service === request.service && isRunning(entry));
      if (underWay) return underWay.wish === request.wish ? { id: underWay.id } : 'busy';
      if (stopping) return 'busy';
      forgetOldest(entries);
      entries.set(request.id, createEntry(request, run));
      return { id: request.id };
    },
    follow: async (id, afterStep, waitMs) => {
      const entry = entries.get(id);
      if (!entry) return undefined;
      await news(entry, afterStep, waitMs);
      return { id, steps: entry.steps.slice(afterStep), ...(entry.outcome ?? { state: 'running' }) };
    },
    giveUp: (id) => {
      entries.get(id)?.controller.abort(new Error('given up by the caller'));
      return entries.has(id);
    },
    stop: async () => {
      stopping = true;
      for (const { controller } of entries.values()) controller.abort(new Error('the agent is stopping'));
      await Promise.all([...entries.values()].map(({ finished }) => finished));
    },
  };
}

function createEntry(request: ActionRequest, run: Run): Entry {
  const controller = new AbortController();
  const entry: Entry = {
    ...request,
    steps: [],
    outcome: undefined,
    controller,
    changed: new Set(),
    finished: Promise.resolve(),
  };
  const tell = () => {
    for (const notify of entry.changed) notify();
  };
  const onStep = (step: ActionStep) => {
    entry.steps.push(step);
    tell();
  };
  entry.finished = outcomeOf(() => run({ signal: controller.signal, onStep })).then((outcome) => {
    entry.outcome = outcome;
    tell();
  });
  return entry;
}

async function outcomeOf(run: () => Promise<ActionResult>): Promise<NonNullable<Entry['outcome']>> {
  try {
    return { state: 'done', result: await run() };
  } catch (error) {
    if (error instanceof RuntimeUnavailable) return { state: 'unavailable', message: error.message };
    const message = `The agent failed: ${(error as Error).message}`;
    return { state: 'done', result: { ok: false, code: 'engine_error', message, retryable: false } };
  }
}

/** Resolves when there is a step after `afterStep`, when the action is over, or after `waitMs`. */
function news(entry: Entry, afterStep: number, waitMs: number): Promise<void> {
  const isThere = () => entry.outcome !== undefined || entry.steps.length > afterStep;
  if (isThere()) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      entry.changed.delete(look);
      resolve();
    };
    const look = () => isThere() && finish();
    const timer = setTimeout(finish, waitMs);
    entry.changed.add(look);
  });
}

function forgetOldest(entries: Map<string, Entry>): void {
  const finished = [...entries.values()].filter(({ outcome }) => outcome !== undefined);
  for (const { id } of finished.slice(0, Math.max(0, finished.length - maxFinished + 1))) entries.delete(id);
}
