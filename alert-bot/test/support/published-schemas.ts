import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { incidentEvent } from '../../src/incidents/event.ts';
import { runbookFile } from '../../src/runbooks/runbook-file.ts';

const root = new URL('../../', import.meta.url);

/** The JSON schemas that are committed for readers of the log and for editors, by file name. */
export const publishedSchemas = {
  'incident-log.schema.json': () => z.toJSONSchema(incidentEvent),
  'runbooks.schema.json': () => z.toJSONSchema(runbookFile, { io: 'input' }),
};

export type PublishedSchema = keyof typeof publishedSchemas;

export const renderSchema = (name: PublishedSchema) => `${JSON.stringify(publishedSchemas[name](), null, 2)}\n`;
export const committedSchema = (name: PublishedSchema) => readFileSync(new URL(name, root), 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(publishedSchemas) as PublishedSchema[])
    writeFileSync(new URL(name, root), renderSchema(name));
}
