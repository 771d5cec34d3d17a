import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  boolean,
  ConfigError,
  choice,
  commonVariables,
  databaseUrl,
  integer,
  loadConfig,
  optionalSecret,
  optionalUrl,
  port,
} from '../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(content: string): string {
  const path = join(folder, `secret-${Math.random().toString(36).slice(2)}`);
  writeFileSync(path, content);
  return path;
}

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const shape = {
  ...commonVariables(8000),
  DATABASE_URL: databaseUrl(),
  TOKEN: optionalSecret('must have at least 16 characters', (value) => value.length >= 16),
  MODE: choice(['observe', 'auto'], 'auto'),
  FAULTS_ENABLED: boolean(false),
  BATCH_SIZE: integer({ min: 1, max: 100, fallback: 10 }),
  AGENT_URL: optionalUrl(['http:', 'unix:']),
};
const url = 'postgres://app:pw@localhost:5432/transactions';

describe('a usable environment', () => {
  it('takes defaults for everything that is unset or empty, as compose passes NAME=', () => {
    expect(loadConfig(shape, { DATABASE_URL: url, PORT: '', MODE: '', TOKEN: '' })).toEqual({
      HOST: '0.0.0.0',
      PORT: 8000,
      ALLOWED_HOSTS: [],
      LOG_LEVEL: 'info',
      DATABASE_URL: url,
      MODE: 'auto',
      FAULTS_ENABLED: false,
      BATCH_SIZE: 10,
    });
  });

  it('converts what is set', () => {
    const config = loadConfig(shape, {
      DATABASE_URL: url,
      PORT: '0',
      FAULTS_ENABLED: 'TRUE',
      BATCH_SIZE: '100',
      AGENT_URL: 'unix:///run/agent.sock',
    });
    expect(config).toMatchObject({
      PORT: 0,
      FAULTS_ENABLED: true,
      BATCH_SIZE: 100,
      AGENT_URL: 'unix:///run/agent.sock',
    });
  });

  it('reads a secret from the file that NAME_FILE names, without its last line break', () => {
    const config = loadConfig(shape, {
      DATABASE_URL_FILE: fileWith(`${url}\n`),
      TOKEN_FILE: fileWith('0123456789abcdef\r\n'),
    });
    expect(config).toMatchObject({ DATABASE_URL: url, TOKEN: '0123456789abcdef' });
  });
});

describe('an environment that is not usable', () => {
  const cases: [string, Record<string, string>, string][] = [
    [
      'a missing required secret',
      { DATABASE_URL: '' },
      'DATABASE_URL: is required (or DATABASE_URL_FILE): must be a PostgreSQL address, for example postgres://app:password@localhost:5432/transactions.',
    ],
    [
      'another protocol',
      { DATABASE_URL: 'mysql://root:hunter2@db/x' },
      'DATABASE_URL: must be a PostgreSQL address, for example postgres://app:password@localhost:5432/transactions.',
    ],
    ['a port out of range', { PORT: '65536' }, 'PORT: must be a whole number from 0 to 65535, not "65536".'],
    ['a port that is no number', { PORT: '80a' }, 'PORT: must be a whole number from 0 to 65535, not "80a".'],
    ['a fraction', { BATCH_SIZE: '1.5' }, 'BATCH_SIZE: must be a whole number from 1 to 100, not "1.5".'],
    ['exponent notation', { BATCH_SIZE: '1e1' }, 'BATCH_SIZE: must be a whole number from 1 to 100, not "1e1".'],
    ['zero where one is the least', { BATCH_SIZE: '0' }, 'BATCH_SIZE: must be a whole number from 1 to 100, not "0".'],
    ['a word outside the choice', { MODE: 'maybe' }, 'MODE: must be one of observe, auto, not "maybe".'],
    ['yes for a boolean', { FAULTS_ENABLED: 'yes' }, 'FAULTS_ENABLED: must be true or false, not "yes".'],
    ['a short secret, which is not repeated', { TOKEN: 'hunter2' }, 'TOKEN: must have at least 16 characters.'],
    [
      'an address of another kind',
      { AGENT_URL: 'ftp://x' },
      'AGENT_URL: must be an address that starts with http:// or unix://, not "ftp://x".',
    ],
    [
      'a log level that does not exist',
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent, not "loud".',
    ],
    [
      'a secret given twice',
      { TOKEN: '0123456789abcdef', TOKEN_FILE: '/dev/null' },
      'TOKEN: is set together with TOKEN_FILE. Set only one of them.',
    ],
    [
      'a secret file that is not there',
      { TOKEN_FILE: '/nowhere/token' },
      'TOKEN: cannot read /nowhere/token, named by TOKEN_FILE (ENOENT). Check the path and its permissions.',
    ],
    [
      'an empty secret file',
      { TOKEN_FILE: '/dev/null' },
      'TOKEN: the file named by TOKEN_FILE, /dev/null, is empty. Put the secret into it.',
    ],
  ];
  it.each(cases)('%s', (_name, env, message) => {
    expect(problemsOf(() => loadConfig(shape, { DATABASE_URL: url, ...env }))).toEqual([message]);
  });

  it('tells every problem at once, in one message', () => {
    const load = () => loadConfig(shape, { PORT: 'x', MODE: 'y' });
    expect(load).toThrow(/PORT: [\s\S]*DATABASE_URL: [\s\S]*MODE: /);
    expect(problemsOf(load)).toHaveLength(3);
  });

  it('never repeats a secret', () => {
    expect(() => loadConfig(shape, { DATABASE_URL: 'hunter2', TOKEN: 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

it('a port without a fallback of its own is still within the TCP range', () => {
  expect(problemsOf(() => loadConfig({ PORT: port(1) }, { PORT: '-1' }))).toHaveLength(1);
});
