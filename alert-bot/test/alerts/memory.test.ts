import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { parseDelivery } from '../../src/alerts/parse-delivery.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const heap = () => {
  gc();
  return process.memoryUsage().heapUsed;
};
const mega = (unit: string) => unit.repeat(Math.floor(4_000_000 / unit.length));

/** A part of a string keeps the whole string: what is cut has to be copied. */
it.each([
  ['a label', (text: string, i: number) => ({ labels: { alertname: `A${i}`, query: text } })],
  ['an annotation', (text: string, i: number) => ({ labels: { alertname: `A${i}` }, annotations: { summary: text } })],
  ['an address', (text: string, i: number) => ({ labels: { alertname: `A${i}` }, generatorURL: text })],
  ['a name', (text: string, i: number) => ({ labels: { alertname: `A${i}`, [text]: 'x' } })],
  [
    'many names',
    (text: string, i: number) => ({
      labels: {
        alertname: `A${i}`,
        ...JSON.parse(`{${Array.from({ length: 10_000 }, (_, n) => `"${n}${text.slice(0, 50)}":"x"`)}}`),
      },
    }),
  ],
])('what is kept of an alert with %s of 4 MB is 16 kB', (_what, alertWith) => {
  const take = (i: number) =>
    parseDelivery(JSON.parse(JSON.stringify({ receiver: mega('r'), alerts: [alertWith(mega('x'), i)] })), 0);
  take(0);
  const before = heap();
  const kept = [1, 2, 3, 4, 5, 6, 7, 8].map(take);
  // what the last one was read from may still be held by the engine: 8 MB, where a part that was not copied would hold 32 MB
  expect(heap() - before).toBeLessThan(12_000_000);
  expect(kept).toHaveLength(8);
});
