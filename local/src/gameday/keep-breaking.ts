import { setTimeout as sleep } from 'node:timers/promises';
import { requestJson } from '../demo/http-json.ts';
import type { StackAccess } from '../demo/stack-access.ts';
import type { ExerciseContext, Injected } from './exercise.ts';

/** A cause outside the process: the API is slow again as soon as it is back. Set once for each start, because a PUT ends those who wait. */
export async function keepSlow(
  context: ExerciseContext,
  inject: (context: ExerciseContext) => Promise<Injected>,
): Promise<Injected> {
  const look = async () => {
    const { active } = await faultsOf(context.stack);
    if (!active['latencyMs']) await inject(context);
  };
  await look();
  return { stop: repeat(look, 100) };
}

/** How long the API lives each time. Docker waits longer before each start of what lived less than ten seconds. */
const lifeMs = { fast: 2_000, shipped: 7_000 };

/** A cause outside the process: it dies some seconds after each start. */
export function keepCrashing(stack: StackAccess): Injected {
  let seenAt: number | undefined;
  const look = async () => {
    await faultsOf(stack).catch((error: unknown) => {
      seenAt = undefined; // it is down
      throw error;
    });
    seenAt ??= Date.now();
    if (Date.now() - seenAt < lifeMs[stack.fast ? 'fast' : 'shipped']) return;
    seenAt = undefined;
    await requestJson(`${stack.api}/faults`, { method: 'PUT', body: { crash: true } });
  };
  return { stop: repeat(look, 200) };
}

const faultsOf = ({ api }: StackAccess) =>
  requestJson<{ active: Record<string, unknown> }>(`${api}/faults`, { timeoutMs: 1_000 });

/** Looks again and again until the returned function is called; a look that fails is made again. */
function repeat(look: () => Promise<unknown>, everyMs: number): () => void {
  const stopping = new AbortController();
  const run = async () => {
    while (!stopping.signal.aborted) {
      await look().catch(() => undefined);
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  void run();
  return () => stopping.abort();
}
