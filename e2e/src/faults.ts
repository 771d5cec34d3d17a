import { requestJson } from './http-json.ts';
import type { Stack } from './stack.ts';

/** Switches faults of the API on, for ten minutes unless something cures them earlier. */
export async function breakApi(stack: Stack, faults: Record<string, unknown>): Promise<void> {
  const { status, body } = await requestJson(`${stack.api}/faults`, {
    method: 'PUT',
    body: { ...faults, durationSeconds: 600 },
  });
  if (status !== 200) throw new Error(`PUT /faults answered ${status}: ${JSON.stringify(body)}`);
}

/** Switches faults of one worker replica on, reached by its address: replicas publish no port. */
export async function breakWorker(address: string, faults: Record<string, unknown>): Promise<void> {
  const { status, body } = await requestJson(`http://${address}:8001/faults`, {
    method: 'PUT',
    body: { ...faults, durationSeconds: 600 },
  });
  if (status !== 200) throw new Error(`PUT /faults answered ${status}: ${JSON.stringify(body)}`);
}

/** The API as it was before a scenario: a restart cures every fault; clearing them is quicker and enough. */
export async function healApi(stack: Stack): Promise<void> {
  await requestJson(`${stack.api}/faults`, { method: 'DELETE' }).catch(() => {});
}
