import * as z from 'zod';
import type { AlertSource } from './alert-source.ts';
import { askJson, endpoint, remembered } from './ask-json.ts';
import type { SourceOptions } from './prometheus-source.ts';

const answer = z.array(z.object({ fingerprint: z.string() }));

/** Asks Alertmanager for its active alerts of that name, silenced and inhibited ones too, and looks for the fingerprint. */
export function createAlertmanagerSource({ url, timeoutMs = 3_000, rememberMs = 1_000 }: SourceOptions): AlertSource {
  const fingerprintsOf = remembered(async (name: string) => {
    const filter = `alertname=${JSON.stringify(name)}`;
    const parsed = answer.safeParse(await askJson(endpoint(url, 'api/v2/alerts', { filter }), timeoutMs));
    return parsed.success ? new Set(parsed.data.map(({ fingerprint }) => fingerprint)) : undefined;
  }, rememberMs);
  return {
    configured: true,
    look: async ({ labels, fingerprint }) => {
      const known = await fingerprintsOf(labels['alertname'] ?? '');
      if (!known) return { state: 'unknown' };
      return { state: known.has(fingerprint) ? 'firing' : 'gone' };
    },
    status: () => [{ source: 'alertmanager', up: true }],
    probe: async () => undefined,
  };
}
