import { describe, expect, it } from 'vitest';
import { demultiplexLog } from '../../src/runtime/docker/demultiplex-log.ts';
import { readTarFile, writeTar } from '../../src/runtime/docker/tar-file.ts';
import { redactSecrets } from '../../src/runtime/redact-secrets.ts';
import { startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, secret, seedService } from './fake-world.ts';

describe('secrets are taken out of', () => {
  const env = [
    'DB_PASSWORD=hunter2secret',
    'DATABASE_URL=postgres://app:p%40ss-word@db/x',
    'SHORT_TOKEN=abc',
    'LANG=C.UTF-8',
  ];
  it.each([
    [
      'the value of a variable that sounds secret',
      'connecting with hunter2secret now',
      'connecting with [redacted] now',
    ],
    ['the password inside an address variable', 'using p%40ss-word', 'using [redacted]'],
    ['an address', 'at redis://user:topsecret@cache:6379/0', 'at redis://user:[redacted]@cache:6379/0'],
    ['a header', 'Authorization: Bearer abcdefgh12345', 'Authorization: Bearer [redacted]'],
    ['a bearer token elsewhere', 'sent bearer abcdefgh12345', 'sent bearer [redacted]'],
    ['a setting', 'password=abc', 'password=[redacted]'],
    ['JSON', '{"api_key":"abc","n":1}', '{"api_key":"[redacted]","n":1}'],
    ['a JSON web token', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig', 'got [redacted]'],
    ['nothing in an ordinary line', 'LANG is C.UTF-8, abc took 12 ms: ok', 'LANG is C.UTF-8, abc took 12 ms: ok'],
  ])('%s', (_, text, expected) => {
    expect(redactSecrets(text, env)).toBe(expected);
  });

  it.each([
    'a-'.repeat(100_000),
    'password'.repeat(20_000),
    'a'.repeat(200_000),
    `x://${'y'.repeat(200_000)}`,
    'bearer '.repeat(30_000),
  ])('long hostile text in no time (%#)', (text) => {
    const startedAt = performance.now();
    redactSecrets(text, env);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('a log', () => {
  const frame = (stream: number, text: string) => {
    const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  it.each<[string, Buffer, boolean, string]>([
    [
      'of both streams is one text in order',
      Buffer.concat([frame(1, 'one\n'), frame(2, 'zwei ä\n')]),
      false,
      'one\nzwei ä\n',
    ],
    ['of a terminal is as it is', Buffer.from('raw\n'), true, 'raw\n'],
    ['that is not framed is as it is', Buffer.from('no frames here\n'), false, 'no frames here\n'],
    ['that is cut in a frame is what there is', frame(1, 'whole').subarray(0, 10), false, 'wh'],
    ['that is empty is empty', Buffer.alloc(0), false, ''],
  ])('%s', (_, body, hasTerminal, text) => {
    expect(demultiplexLog(body, hasTerminal)).toBe(text);
  });
});

describe('a tar archive', () => {
  it('gives back what was put in', () => {
    const file = { mode: 0o444, uid: 1000, gid: 1000, content: Buffer.from('secret\n') };
    expect(readTarFile(writeTar([{ path: 'run/secrets/tok', ...file }], 1_700_000_000))).toEqual(file);
  });
  it('takes no path that does not fit, and none is no file', () => {
    const file = { path: 'x'.repeat(101), mode: 0, uid: 0, gid: 0, content: Buffer.alloc(0) };
    expect(() => writeTar([file], 0)).toThrow(/longer than 100 bytes/);
    expect(() => readTarFile(Buffer.alloc(1_024))).toThrow(/no plain file/);
  });
});

describe('evidence', () => {
  it('is bounded, readable and without the environment, whatever the container logged', async () => {
    const engine = await startFakeEngine();
    const log = [
      ...Array.from({ length: 100 }, (_, n) => `line ${n}`),
      'x'.repeat(10_000),
      `\u001b[31mred\u001b[0m\u0007 ${secret}`,
    ];
    const sick = seedService(engine, 'worker', {}, { log, healthyAfter: 'never' });
    const stopped = seedService(engine, 'worker', { number: 2 });
    stopped.State = { ...stopped.State, Status: 'exited', Running: false, ExitCode: 137, OOMKilled: true };
    const runtime = createFakeRuntime(engine);
    const { replicas } = await runtime.evidence('worker');
    expect(replicas.map(({ state }) => state)).toEqual(['running', 'exited (out of memory)']);
    expect(replicas[1]?.exitCode).toBe(137);
    expect(replicas[0]).toMatchObject({ health: 'unhealthy', healthOutput: ['exit 1: token=[redacted]'] });
    const lines = replicas[0]?.logLines ?? [];
    expect(lines).toHaveLength(40);
    expect(lines.at(-1)).toBe('red [redacted]');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(600);
    expect(JSON.stringify(replicas)).not.toContain(secret);
    expect((await runtime.evidence('worker', sick.Id)).replicas).toHaveLength(1);
    engine.fail({ on: /logs/, how: 501, message: 'configured logging driver does not support reading' });
    expect((await runtime.evidence('worker')).replicas[0]?.logLines[0]).toMatch(/no log: configured logging driver/);
    await engine.stop();
  });
});
