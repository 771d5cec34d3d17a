import type { Part } from './part.ts';
import { api } from './parts/api/api.ts';
import { consolePart } from './parts/console/console.ts';
import { containers } from './parts/containers/containers.ts';
import { generate } from './parts/generate/generate.ts';
import { heal } from './parts/heal/heal.ts';
import { intake } from './parts/intake/intake.ts';
import { recovery } from './parts/recovery/recovery.ts';
import { settle } from './parts/settle/settle.ts';
import { start } from './parts/start/start.ts';

/** In the order of the table. */
export const parts: readonly Part[] = [api, generate, settle, intake, recovery, heal, containers, consolePart, start];

/**
 * The parts that the names ask for, in the table's order; all without names. A name also stands for the parts that
 * begin with it: `worker` is `worker-generate` and `worker-settle`.
 * @throws Error that lists the names there are
 */
export function selectParts(names: readonly string[], all: readonly Part[] = parts): Part[] {
  const asked = (part: Part, name: string) => part.name === name || part.name.startsWith(`${name}-`);
  const unknown = names.find((name) => !all.some((part) => asked(part, name)));
  if (unknown !== undefined)
    throw new Error(`There is no part called ${unknown}. There are: ${all.map(({ name }) => name).join(', ')}.`);
  return all.filter((part) => names.length === 0 || names.some((name) => asked(part, name)));
}
