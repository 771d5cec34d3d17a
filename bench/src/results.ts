import { readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';
import type { PartResult } from './part.ts';

export interface MeasuredPart extends PartResult {
  title: string;
  /** ISO 8601. */
  measuredAt: string;
  /** How long it took, in whole seconds. */
  seconds: number;
  machine: Machine;
  rounds: number;
}

/** By the part's name. */
export type Results = Record<string, MeasuredPart>;

const path = fileURLToPath(new URL('../results.json', import.meta.url));

/** What was measured before; nothing when there is no file yet. @throws Error when it cannot be read as JSON */
export async function loadResults(): Promise<Results> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  return JSON.parse(text) as Results;
}

export async function saveResults(results: Results): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(results, null, 2)}\n`);
  await rename(`${path}.new`, path);
}
