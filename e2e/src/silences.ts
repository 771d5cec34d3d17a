import { requestJson } from './http-json.ts';
import type { Stack } from './stack.ts';

/** Silences an alert in Alertmanager, as an operator would with amtool. Returns the silence's id. */
export async function silence(stack: Stack, alertname: string, seconds: number): Promise<string> {
  const now = Date.now();
  const { status, body } = await requestJson<{ silenceID: string }>(`${stack.alertmanager}/api/v2/silences`, {
    method: 'POST',
    body: {
      matchers: [{ name: 'alertname', value: alertname, isRegex: false, isEqual: true }],
      startsAt: new Date(now).toISOString(),
      endsAt: new Date(now + seconds * 1_000).toISOString(),
      createdBy: 'e2e',
      comment: 'maintenance',
    },
  });
  if (status !== 200) throw new Error(`Alertmanager answered ${status}: ${JSON.stringify(body)}`);
  return body.silenceID;
}

export async function endSilence(stack: Stack, id: string): Promise<void> {
  await requestJson(`${stack.alertmanager}/api/v2/silence/${id}`, { method: 'DELETE' });
}
