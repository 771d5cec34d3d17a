import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repository } from './render-configuration.ts';

const units: Readonly<Record<string, number>> = { k: 1_024, m: 1_024 ** 2, g: 1_024 ** 3 };

/** `mem_limit` of each service of `docker-compose.yml`, in bytes. */
export async function loadMemoryLimits(): Promise<Map<string, number>> {
  const text = await readFile(join(repository, 'docker-compose.yml'), 'utf8');
  const { services } = parse(text, { merge: true }) as { services: Record<string, { mem_limit?: string }> };
  return new Map(
    Object.entries(services).flatMap(([service, { mem_limit = '' }]) => {
      const [, amount, unit = ''] = /^(\d+)([kmg])$/.exec(mem_limit) ?? [];
      return amount === undefined ? [] : [[service, Number(amount) * (units[unit] as number)]];
    }),
  );
}
