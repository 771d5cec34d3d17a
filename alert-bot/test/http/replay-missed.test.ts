import { expect, it } from 'vitest';
import { createReplay } from '../../src/http/replay-missed.ts';
import type { StreamReader } from '../../src/http/stream-reader.ts';
import type { IncidentEvent } from '../../src/incidents/event.ts';
import type { MissedEvents } from '../../src/incidents/events-since.ts';

const eventOf = (seq: number): IncidentEvent => ({
  v: 2,
  seq,
  at: '2026-01-01T00:00:00Z',
  incident: null,
  type: 'resumed',
  by: 'mira',
});

function createTestReader() {
  const got: unknown[] = [];
  const state = { hasRoom: Promise.resolve(true), isGone: false };
  const reader: StreamReader = {
    send: (type, data) => void got.push([type, data]),
    sendEvent: ({ seq }) => void got.push(seq),
    comment: () => undefined,
    room: () => state.hasRoom,
    isGone: () => state.isGone,
    cutOff: () => {
      state.isGone = true;
    },
  };
  return { reader, got, state };
}

function createTestLog(lastSeq: number) {
  const asked: number[] = [];
  const answers: ((missed: MissedEvents) => void)[] = [];
  const since = (seq: number) => {
    asked.push(seq);
    return new Promise<MissedEvents>((resolve) => answers.push(resolve));
  };
  return { asked, answers, replay: createReplay({ since, lastSeq: () => lastSeq }) };
}

it('what was missed comes before what happens meanwhile, each once', async () => {
  const { answers, replay } = createTestLog(5);
  const { reader, got } = createTestReader();
  const listener = replay(reader, 3);
  await expect.poll(() => answers.length).toBe(1);
  for (const seq of [5, 6, 7]) listener(eventOf(seq));
  answers[0]?.({ events: [4, 5, 6].map(eventOf), complete: true });
  await expect.poll(() => got).toEqual([4, 5, 6, 7]);
  listener(eventOf(8));
  expect(got).toEqual([4, 5, 6, 7, 8]);
});

it('a gap is said when not all can be had', async () => {
  const { answers, replay } = createTestLog(5);
  const { reader, got } = createTestReader();
  replay(reader, 3);
  await expect.poll(() => answers.length).toBe(1);
  answers[0]?.({ events: [eventOf(5)], complete: false });
  await expect.poll(() => got).toEqual([['gap', { after: 3 }], 5]);
});

it('one replay is read at a time, and a crowd that waits is told of a gap at once', async () => {
  const { asked, answers, replay } = createTestLog(5);
  const readers = Array.from({ length: 10 }, () => createTestReader());
  const listeners = readers.map(({ reader }) => replay(reader, 3));
  await expect.poll(() => readers[9]?.got).toEqual([['gap', { after: 3 }]]);
  listeners[9]?.(eventOf(6));
  expect(readers[9]?.got).toEqual([['gap', { after: 3 }], 6]);
  expect(asked).toEqual([3]);
  answers[0]?.({ events: [], complete: true });
  await expect.poll(() => asked).toEqual([3, 3]);
});

it('a reader who does not read what it asked for gets no more of it, and the next one has its turn', async () => {
  const { answers, replay } = createTestLog(5);
  const [slow, next] = [createTestReader(), createTestReader()];
  slow.state.hasRoom = Promise.resolve(false);
  replay(slow.reader, 3);
  replay(next.reader, 3);
  await expect.poll(() => answers.length).toBe(1);
  answers[0]?.({ events: [eventOf(4)], complete: true });
  await expect.poll(() => answers.length).toBe(2);
  expect(slow.got).toEqual([]);
});
