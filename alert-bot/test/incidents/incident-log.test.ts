import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { appendFile, copyFile, open, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@stack/test-kit/eventually';
import { describe, expect, it } from 'vitest';
import { applyEvent } from '../../src/incidents/apply-event.ts';
import type { IncidentEvent, NewEvent } from '../../src/incidents/event.ts';
import { MemoryHistory } from '../../src/incidents/history.ts';
import { type IncidentLogOptions, openIncidentLog } from '../../src/incidents/incident-log.ts';
import { type LogFs, realFs } from '../../src/incidents/log-file.ts';
import type { LogMemory } from '../../src/incidents/log-memory.ts';
import { tempDir } from '../support/temp-dir.ts';

const at = '2026-01-01T00:00:00.000Z';
const note = (text: string): NewEvent => ({ at, incident: null, type: 'resumed', by: text });
const ofIncident = (incident: string): NewEvent => ({
  at,
  incident,
  type: 'escalated',
  service: 'api',
  why: 'stuck',
  message: 'x',
});

function collector() {
  const seen: IncidentEvent[] = [];
  const memory: LogMemory = { apply: (event) => void seen.push(event), snapshot: () => [] };
  return { seen, memory, words: () => seen.map((event) => (event.type === 'resumed' ? event.by : event.type)) };
}

async function openLog(path: string, extra: Partial<IncidentLogOptions> = {}) {
  const collected = collector();
  const log = await openIncidentLog({ path, memory: collected.memory, now: () => Date.parse(at), ...extra });
  return { log, ...collected };
}

async function written(path: string, ...texts: string[]) {
  const { log } = await openLog(path);
  for (const text of texts) await log.append([note(text)]);
  await log.close();
}

describe('appending', () => {
  it('numbers the events, writes one JSON object per line and remembers them over a restart', async () => {
    const path = join(await tempDir(), 'incident_log.jsonl');
    await written(path, 'a', 'b');
    expect(await readFile(path, 'utf8')).toBe(
      `{"v":2,"seq":0,"at":"${at}","incident":null,"type":"resumed","by":"a"}\n{"v":2,"seq":1,"at":"${at}","incident":null,"type":"resumed","by":"b"}\n`,
    );
    const { log, words } = await openLog(path);
    expect(words()).toEqual(['a', 'b']);
    expect((await log.append([note('c')]))[0]?.seq).toBe(2);
    await log.close();
  });

  it('flushes a thousand overlapping calls a few times, not a thousand times', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const counting = countingFs();
    const { log, words } = await openLog(path, { fs: counting.fs });
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => log.append([note(`${i}`)])));
    expect(words()).toEqual(Array.from({ length: 1_000 }, (_, i) => `${i}`));
    expect(counting.flushes()).toBeLessThan(5);
    await log.close();
  });

  it('creates the directory when it is missing', async () => {
    const path = join(await tempDir(), 'deep', 'er', 'log.jsonl');
    await written(path, 'a');
    expect((await openAndClose(path)).words).toEqual(['a']);
  });
});

async function openAndClose(path: string) {
  const { log, words } = await openLog(path);
  const { recovery } = log;
  await log.close();
  return { words: words(), recovery };
}

describe('damage', () => {
  it('a torn last line is cut off and kept beside the log', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    await written(path, 'a', 'b');
    await appendFile(path, '{"v":1,"seq":2,"at":"2026');
    const { words, recovery } = await openAndClose(path);
    expect({ words, torn: recovery.tornBytes }).toEqual({ words: ['a', 'b'], torn: 25 });
    expect(await readFile(`${path}.torn`, 'utf8')).toBe('{"v":1,"seq":2,"at":"2026\n');
    expect((await readFile(path, 'utf8')).endsWith('}\n')).toBe(true);
  });

  it('every cut of the last line leaves the lines before it readable and the log writable', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    await written(path, 'a', 'b');
    const whole = await readFile(path);
    const firstLine = whole.indexOf('\n') + 1;
    for (let size = firstLine; size < whole.length; size += 7) {
      await writeFile(path, whole.subarray(0, size));
      expect((await openAndClose(path)).words).toEqual(['a']);
    }
    await written(path, 'c');
    expect((await openAndClose(path)).words).toEqual(['a', 'c']);
  });

  it('garbage in the middle is skipped and reported, and stays where it is', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    await written(path, 'a');
    await appendFile(path, 'no json\n\u0000\u0000\n{"v":1}\n[]\nnull\n{"v":3,"seq":9,"at":"x","type":"later"}\n');
    await appendFile(path, `{"v":1,"seq":7,"at":"${at}","incident":null,"type":"resumed","by":"b"}\n`);
    const { words, recovery } = await openAndClose(path);
    expect(words).toEqual(['a', 'b']);
    expect(recovery.unreadable).toEqual({ count: 6, lines: [2, 3, 4, 5, 6, 7] });
    expect(await readFile(path, 'utf8')).toContain('no json');
  });

  it('an event that the memory cannot take is one more unreadable line', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    await writeFile(
      path,
      `{"v":1,"seq":0,"at":"${at}","incident":"x","type":"received"}\n{"v":1,"seq":1,"at":"${at}","incident":"x","type":"from the future"}\n`,
    );
    const history = new MemoryHistory();
    const memory: LogMemory = { apply: (event) => applyEvent(history, event), snapshot: () => [] };
    const log = await openIncidentLog({ path, memory, now: Date.now });
    expect(log.recovery).toMatchObject({ events: 1, unreadable: { count: 1, lines: [1] } });
    await log.close();
  });
});

/** A disk with so many bytes left, or one that fails a call. */
function brokenFs(state: { bytesLeft?: number; failFlush?: boolean; failTruncate?: boolean }): LogFs {
  const fail = (code: string) => Object.assign(new Error(code), { code });
  return {
    open: async (path, flags) => {
      const handle = await open(path, flags);
      const datasync = handle.datasync.bind(handle);
      handle.datasync = () => (state.failFlush ? Promise.reject(fail('EIO')) : datasync());
      return handle;
    },
    write: (file, bytes) => {
      if (state.bytesLeft === undefined) return realFs.write(file, bytes);
      const room = Math.min(bytes.length, state.bytesLeft);
      if (room === 0) throw fail('ENOSPC');
      state.bytesLeft -= room;
      return realFs.write(file, bytes.subarray(0, room));
    },
    truncate: (file, size) => {
      if (state.failTruncate) throw fail('EIO');
      realFs.truncate(file, size);
    },
  };
}

function countingFs() {
  let flushes = 0;
  const fs: LogFs = {
    ...realFs,
    open: async (path, flags) => {
      const handle = await open(path, flags);
      const datasync = handle.datasync.bind(handle);
      handle.datasync = () => {
        flushes += 1;
        return datasync();
      };
      return handle;
    },
  };
  return { fs, flushes: () => flushes };
}

describe('a disk that refuses', () => {
  it('full in the middle of a line: the append fails, nothing of it stays, and it works again when there is room', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const state: Parameters<typeof brokenFs>[0] = {};
    const { log, words } = await openLog(path, { fs: brokenFs(state) });
    await log.append([note('a')]);
    const before = await readFile(path, 'utf8');
    state.bytesLeft = 50;
    await expect(log.append([note('b'), note('c')])).rejects.toMatchObject({
      name: 'LogUnwritable',
      message: expect.stringContaining('ENOSPC'),
    });
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(log.stats()).toMatchObject({ writable: false, errors: 1 });
    delete state.bytesLeft;
    expect((await log.append([note('d')]))[0]?.seq).toBe(1);
    expect(words()).toEqual(['a', 'd']);
    expect(log.stats().writable).toBe(true);
    await log.close();
    expect((await openAndClose(path)).words).toEqual(['a', 'd']);
  });

  it('a failed flush is not trusted: the file is opened anew and cut back first', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const state: Parameters<typeof brokenFs>[0] = { failFlush: true, failTruncate: true };
    const { log } = await openLog(path, { fs: brokenFs(state) });
    await expect(log.append([note('lost')])).rejects.toThrow('EIO');
    await expect(log.append([note('lost too')])).rejects.toThrow('EIO');
    Object.assign(state, { failFlush: false, failTruncate: false });
    await log.append([note('kept')]);
    await log.close();
    expect((await openAndClose(path)).words).toEqual(['kept']);
  });

  it('is tried again without a delivery, and is writable when there is room', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const state: Parameters<typeof brokenFs>[0] = { bytesLeft: 10 };
    const { log } = await openLog(path, { fs: brokenFs(state) });
    await expect(log.append([note('a')])).rejects.toThrow('ENOSPC');
    state.bytesLeft = 300;
    log.mend();
    await expect(log.append([note('b'.repeat(900))])).rejects.toThrow('ENOSPC');
    delete state.bytesLeft;
    log.mend();
    await eventually(() => expect(log.stats().writable).toBe(true));
    await log.append([note('c')]);
    await log.close();
    expect((await openAndClose(path)).words).toEqual(['c']);
  });

  it('/dev/full refuses every append and the process lives', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const { log } = await openLog(path, { fs: { ...realFs, open: () => open('/dev/full', 'r+') } });
    await expect(log.append([note('a')])).rejects.toThrow(/ENOSPC/);
    await expect(log.append([note('b')])).rejects.toThrow();
    await log.close();
  });
});

describe('rotation', () => {
  const history = () => {
    const memory = new MemoryHistory();
    memory.putTarget({
      target: 'api',
      attemptTimes: [1],
      attemptsSinceHealthy: 1,
      failuresInRow: 1,
      quarantinedAt: 5,
      restarts: [],
    });
    return memory;
  };
  const memoryOf = (memory: MemoryHistory): LogMemory => ({
    apply: (event) => applyEvent(memory, event),
    *snapshot() {
      for (const target of memory.targets()) yield { incident: null, kind: 'target', state: { ...target } };
    },
  });

  it('archives the file by its last number and begins the new one with the memory', async () => {
    const dir = await tempDir();
    const path = join(dir, 'incident_log.jsonl');
    const log = await openIncidentLog({
      path,
      memory: memoryOf(history()),
      now: Date.now,
      maxBytes: 1_000,
      maxArchives: 2,
    });
    for (let i = 0; i < 60; i++) await log.append([note(`number ${i}`)]);
    await log.close();
    const archives = (await readdir(dir)).filter((name) => /^incident_log\.\d{12}\.jsonl$/.test(name));
    expect(archives).toHaveLength(2);
    const after = new MemoryHistory();
    const again = await openIncidentLog({ path, memory: memoryOf(after), now: Date.now });
    expect(after.target('api')).toMatchObject({ quarantinedAt: 5, attemptsSinceHealthy: 1 });
    const [event] = await again.append([note('next')]);
    expect(event?.seq).toBeGreaterThan(60);
    await again.close();
  });

  it('a timeline reaches back into the archives', async () => {
    const path = join(await tempDir(), 'incident_log.jsonl');
    const { log } = await openLog(path, { maxBytes: 500 });
    for (let i = 0; i < 20; i++) await log.append([ofIncident(i % 2 === 0 ? 'even' : 'odd')]);
    expect((await log.timeline({ id: 'odd' })).events).toHaveLength(10);
    expect((await log.timeline({ id: 'odd', seq: 11 })).events).toHaveLength(6);
    await log.close();
  });

  it('that was cut short between its two renames is finished at the next start', async () => {
    const path = join(await tempDir(), 'incident_log.jsonl');
    await written(path, 'a');
    await rename(path, join(path, '..', 'incident_log.000000000000.jsonl'));
    await writeFile(`${path}.new`, `{"v":1,"seq":1,"at":"${at}","incident":null,"type":"resumed","by":"carried"}\n`);
    expect((await openAndClose(path)).words).toEqual(['carried']);
  });

  it('that was cut short before them is forgotten', async () => {
    const path = join(await tempDir(), 'incident_log.jsonl');
    await written(path, 'a');
    await writeFile(`${path}.new`, '{"v":1,"se');
    expect((await openAndClose(path)).words).toEqual(['a']);
  });
});

function startWriter(path: string, ...more: string[]) {
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    fileURLToPath(new URL('../support/log-writer.ts', import.meta.url)),
    path,
    ...more,
  ]);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += `stderr ${chunk}`;
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const says = async (text: string) => {
    while (!output.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return {
    child,
    exited,
    says,
    acknowledged: () =>
      output
        .split('\n')
        .slice(1, -1)
        .filter((line) => /^\d+$/.test(line)),
  };
}

describe('one owner', () => {
  it('a second bot is refused with a clear message while the first lives', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const { log } = await openLog(path);
    await expect(openLog(path)).rejects.toMatchObject({
      name: 'LogLocked',
      message: expect.stringContaining('another alert bot owns'),
    });
    await log.close();
    await (await openLog(path)).log.close();
  });

  it('of another PID namespace is believed to live while it touches the lock, and dead when it does not', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const lock = `${path}.lock`;
    await writeFile(lock, JSON.stringify({ token: 'x', boot: 'b', namespace: 'pid:[1]', pid: 1, startedAt: '1' }));
    const beat = setInterval(() => void appendFile(lock, ' '), 50);
    await expect(openLog(path, { lock: { watchMs: 1_000 } })).rejects.toMatchObject({ name: 'LogLocked' });
    clearInterval(beat);
    const { log } = await openLog(path, { lock: { watchMs: 500 } });
    await log.close();
  });

  it.each([
    ['taken over', (lock: string) => writeFile(lock, 'the lock of another')],
    ['replaced by a copy', (lock: string) => copyFile(lock, `${lock}.2`).then(() => rename(`${lock}.2`, lock))],
    ['written over with as many bytes', (lock: string) => writeFile(lock, '-'.repeat(readFileSync(lock).length))],
    ['deleted', (lock: string) => rm(lock)],
  ])('whose lock was %s says so, and touches nothing: no write, no cut, no lock, no rotation', async (_how, take) => {
    const path = join(await tempDir(), 'log.jsonl');
    const state: Parameters<typeof brokenFs>[0] = {};
    const lost: string[] = [];
    const lock = { heartbeatMs: 5, onLost: () => void lost.push('lost') };
    const { log } = await openLog(path, { fs: brokenFs(state), maxBytes: 10, lock });
    state.bytesLeft = 5;
    await expect(log.append([note('half')])).rejects.toThrow('ENOSPC'); // its tail has to be cut with the next write
    delete state.bytesLeft;
    await take(`${path}.lock`);
    await eventually(() => expect(lost).toHaveLength(1));
    await appendFile(path, "the new owner's line\n");
    const found = async () => ({
      files: await readdir(join(path, '..')),
      log: [await readFile(path, 'utf8'), (await stat(path)).mtimeMs],
      lock: await stat(`${path}.lock`).then(
        ({ mtimeMs }) => mtimeMs,
        () => 'missing',
      ),
    });
    const before = await found();
    log.mend();
    await expect(log.append([note('late')])).rejects.toMatchObject({ name: 'LogLost' });
    log.mend();
    expect(log.stats().writable).toBe(false);
    await log.close();
    expect([await found(), lost]).toEqual([before, ['lost']]);
  });

  it('that starts while another one is in the middle of a rotation leaves its files alone', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const { log } = await openLog(path);
    await log.append([note('mine')]);
    await writeFile(`${path}.new`, 'a draft');
    await expect(openLog(path)).rejects.toMatchObject({ name: 'LogLocked' });
    await rename(path, `${path}.aside`);
    await expect(openLog(path)).rejects.toMatchObject({ name: 'LogLocked' });
    expect(await readFile(`${path}.new`, 'utf8')).toBe('a draft');
    await log.close();
  });

  it('one of five that start at once gets the log of a dead one, and keeps it', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const dead = JSON.stringify({ token: 'x', boot: 'b', namespace: 'pid:[1]', pid: 1, startedAt: '1' });
    await writeFile(`${path}.lock`, dead);
    const opened = await Promise.allSettled(
      Array.from({ length: 5 }, () => openLog(path, { lock: { watchMs: 50, heartbeatMs: 5 } })),
    );
    const owners = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value.log] : []));
    expect(owners).toHaveLength(1);
    await owners[0]?.append([note('mine')]);
    await owners[0]?.close();
  });

  it('that lost its lock while it was frozen writes nothing more', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const { log } = await openLog(path);
    await log.append([note('mine')]);
    await writeFile(`${path}.lock`, 'taken over');
    await expect(log.append([note('late')])).rejects.toThrow('another alert bot has taken over');
    await log.close();
    expect(await readFile(`${path}.lock`, 'utf8')).toBe('taken over');
  });

  it('and neither does one whose lock was replaced by one of the same length', async () => {
    const path = join(await tempDir(), 'log.jsonl');
    const { log } = await openLog(path);
    const lock = await readFile(`${path}.lock`, 'utf8');
    await rm(`${path}.lock`);
    await writeFile(`${path}.lock`, lock.replace(/"token":"./, '"token":"-'));
    await expect(log.append([note('late')])).rejects.toThrow('another alert bot has taken over');
    await log.close();
  });

  it.each([
    ['in one file', []],
    ['while it rotates all the time', ['20000']],
  ])(
    'that was killed with -9 does not block the next one and loses nothing acknowledged: %s',
    async (_how, maxBytes) => {
      const dir = await tempDir();
      const path = join(dir, 'log.jsonl');
      const { child, exited, says, acknowledged } = startWriter(path, ...maxBytes);
      await says('\n2000\n');
      child.kill('SIGKILL');
      await exited;
      const began = performance.now();
      const { log } = await openLog(path);
      expect(performance.now() - began).toBeLessThan(2_000);
      expect(log.recovery.unreadable.count).toBe(0);
      await log.close();
      const { notes, numbers } = await everythingIn(dir);
      expect(acknowledged().filter((n) => !notes.has(`writer ${n}`) || !notes.has(`writer ${n} again`))).toEqual([]);
      expect(numbers).toEqual(numbers.map((_, i) => i));
    },
  );
});

/** All notes and all sequence numbers of the log and its archives. */
async function everythingIn(dir: string) {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(files.map((name) => readFile(join(dir, name), 'utf8')));
  const events = texts.flatMap((text) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  );
  return {
    notes: new Set(events.map(({ by }) => by)),
    numbers: events.map(({ seq }) => seq as number).sort((a, b) => a - b),
  };
}

it('reads a quarter of a million events back in bounded time', async () => {
  const path = join(await tempDir(), 'log.jsonl');
  const line = (i: number) =>
    `{"v":1,"seq":${i},"at":"${at}","incident":"a-${i}","type":"received","alert":{"status":"firing","labels":{"alertname":"A","service":"api","instance":"10.0.0.${i}"},"startsAt":"${at}","fingerprint":"a"}}\n`;
  const file = await open(path, 'w');
  for (let i = 0; i < 250_000; i += 10_000)
    await file.write(Array.from({ length: 10_000 }, (_, j) => line(i + j)).join(''));
  await file.close();
  const memory = new MemoryHistory();
  const log = await openIncidentLog({
    path,
    memory: { apply: (event) => applyEvent(memory, event), snapshot: () => [] },
    now: Date.now,
  });
  expect(log.recovery.events).toBe(250_000);
  await log.close();
  expect((await stat(path)).size).toBeGreaterThan(10_000_000);
  await truncate(path, 0);
});
