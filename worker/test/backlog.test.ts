import { expect, it } from 'vitest';
import { createBacklogReader } from '../src/backlog.ts';
import { createInstantClock } from './support/instant-clock.ts';

function createReader(answer: () => Promise<unknown>) {
  const clock = createInstantClock();
  let asked = 0;
  const query = () => {
    asked += 1;
    return answer();
  };
  return { clock, read: createBacklogReader({ query } as never, clock), asked: () => asked };
}
const seven = async () => ({ rows: [{ pending: 7, age: 1.5 }] });

it('a thousand readers at once are one query, and so is everybody within the next second', async () => {
  const { clock, read, asked } = createReader(seven);
  const answers = await Promise.all(Array.from({ length: 1_000 }, read));
  expect(answers[999]).toEqual({ pending: 7, oldestAgeSeconds: 1.5 });
  await clock.sleep(999);
  await read();
  expect(asked()).toBe(1);
  await clock.sleep(1);
  await read();
  expect(asked()).toBe(2);
});

it('scrapes of a database that hangs wait behind one query', async () => {
  const { read, asked } = createReader(() => new Promise(() => undefined));
  for (let n = 0; n < 100; n++) void read();
  expect(asked()).toBe(1);
});

it('a failure is told to who asked and forgotten: the next one asks again', async () => {
  let failing = true;
  const { read, asked } = createReader(async () => {
    if (failing) throw new Error('connect ECONNREFUSED');
    return seven();
  });
  await expect(read()).rejects.toThrow('ECONNREFUSED');
  failing = false;
  expect((await read()).pending).toBe(7);
  expect(asked()).toBe(2);
});
