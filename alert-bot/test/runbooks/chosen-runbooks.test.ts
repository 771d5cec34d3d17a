import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { simulate } from '../../src/healer/simulate.ts';
import { loadChosenRunbooks } from '../../src/runbooks/chosen-runbooks.ts';
import { keyPlaces } from '../../src/runbooks/key-places.ts';
import { watchRunbooks } from '../../src/runbooks/runbook-source.ts';
import { committedSchema } from '../support/published-schemas.ts';
import { tempDir } from '../support/temp-dir.ts';
import { alertOf, observation, start } from '../support/world.ts';

const text = 'version: 1\nrunbooks:\n  - { name: mine, match: { alertname: A }, action: { restart: api } }\n';

it('a file that was named must be there', async () => {
  const path = join(await tempDir(), 'runbooks.yml');
  await expect(loadChosenRunbooks(path)).rejects.toThrow(/runbooks.yml: cannot be read/);
  await writeFile(path, text);
  expect(await loadChosenRunbooks(path)).toMatchObject({ from: path, policy: { runbooks: [{ name: 'mine' }] } });
});

it('without a name and without a file a container that turned unhealthy is restarted, and nothing else is done', async () => {
  const { from, policy } = await loadChosenRunbooks(undefined, join(await tempDir(), 'runbooks.yml'));
  expect(from).toBe('built in');
  const labels = { project: 'demo', service: 'api', instance: 'demo-api-1' };
  const alerts = ['ContainerUnhealthy', 'ContainerCrashLooping', 'ContainerOOMKilled', 'APIDown'].map((alertname) =>
    alertOf({ ...labels, alertname }),
  );
  const results = simulate({ alerts, truncatedAlerts: 0 }, observation(), policy, start);
  expect(results.map(({ reason }) => reason)).toEqual(['matched', 'no_runbook', 'no_runbook', 'no_runbook']);
});

it('without a name the usual file counts as soon as it is there, and no longer when it is gone', async () => {
  const usual = join(await tempDir(), 'runbooks.yml');
  const source = await watchRunbooks({ path: undefined, usual, logger: pino({ level: 'silent' }), pollMs: 10 });
  const names = () => source.current().runbooks.map(({ name }) => name);
  expect(names()).toEqual(['container-unhealthy']);
  await writeFile(usual, text);
  await eventually(() => expect(names()).toEqual(['mine']));
  await rm(usual);
  await eventually(() => expect(names()).toEqual(['container-unhealthy']));
  source.stop();
});

it('every key of the schema has a place that a message can name', () => {
  const schema = JSON.parse(committedSchema('runbooks.schema.json')) as object;
  const known = new Set<string>();
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [name, value] of Object.entries(node)) {
      if (name === 'properties') for (const key of Object.keys(value as object)) known.add(key);
      collect(value);
    }
  };
  collect(schema);
  expect(known.size).toBeGreaterThan(20);
  expect([...known].filter((key) => !keyPlaces.has(key))).toEqual([]);
  expect([...keyPlaces.keys()].filter((key) => !known.has(key))).toEqual([]);
});
