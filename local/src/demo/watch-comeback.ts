import type { End, Telling } from './telling.ts';

/** A crash: the supervisor (or Docker) starts the process again, no alert is needed. */
export async function watchComeback(telling: Telling, deadline: number): Promise<End> {
  const isUp = () =>
    fetch(`${telling.stack.api}/health`, { signal: AbortSignal.timeout(1_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  let downAt: number | undefined;
  while (Date.now() < deadline && !telling.signal.aborted) {
    const up = await isUp();
    if (!up && downAt === undefined) {
      downAt = Date.now();
      telling.tell('firing', 'the API does not answer any more');
    }
    if (up && downAt !== undefined) {
      const total = (Date.now() - telling.injectedAt) / 1_000;
      const who = telling.stack.kind === 'local' ? 'the supervisor' : 'Docker';
      telling.tell('healed', `${who} started it again: back after ${total.toFixed(1)} s, without any alert`);
      const detect = (downAt - telling.injectedAt) / 1_000;
      return { times: { detect, act: total - detect, verify: 0, total } };
    }
    await pause(50);
  }
  return { problem: downAt === undefined ? 'the API did not die' : 'the API did not come back' };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
