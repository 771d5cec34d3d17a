import { ConfigError } from '@stack/service-kit/config';
import { describe, expect, it } from 'vitest';
import { loadWorkerConfig, settleCapacity } from '../src/config.ts';

const DATABASE_URL = 'postgres://app:hunter2@db:5432/transactions';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadWorkerConfig({ DATABASE_URL, ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  it('needs nothing but the database; every other default is the documented one', () => {
    expect(loadWorkerConfig({ DATABASE_URL })).toEqual({
      HOST: '0.0.0.0',
      PORT: 8001,
      ALLOWED_HOSTS: [],
      LOG_LEVEL: 'info',
      DATABASE_URL,
      FAULTS_ENABLED: false,
      MEMORY_LIMIT_MB: 0,
      GENERATE_INTERVAL_MS: 5_000,
      GENERATE_BATCH_SIZE: 50,
      SETTLE_BATCH_SIZE: 100,
      SETTLE_LATENCY_MS: 1_000,
      SETTLE_FAILURE_RATE: 0.02,
      RETENTION_HOURS: 24,
      IDEMPOTENCY_RETENTION_HOURS: 24,
      PRUNE_INTERVAL_MS: 60_000,
      PRUNE_BATCH_SIZE: 1_000,
      STALL_AFTER_MS: 60_000,
    });
  });

  it.each([
    ['SETTLE_LATENCY_MS', '-1', 'SETTLE_LATENCY_MS: must be a whole number of milliseconds from 0 to 30000, not "-1".'],
    ['SETTLE_LATENCY_MS', '1s', 'SETTLE_LATENCY_MS: must be a whole number of milliseconds from 0 to 30000, not "1s".'],
    ['SETTLE_BATCH_SIZE', '-5', 'SETTLE_BATCH_SIZE: must be a whole number of transactions from 1 to 10000, not "-5".'],
    [
      'SETTLE_BATCH_SIZE',
      '1e3',
      'SETTLE_BATCH_SIZE: must be a whole number of transactions from 1 to 10000, not "1e3".',
    ],
    ['SETTLE_FAILURE_RATE', '1.5', 'SETTLE_FAILURE_RATE: must be a number from 0 to 1, not "1.5".'],
    ['SETTLE_FAILURE_RATE', '2%', 'SETTLE_FAILURE_RATE: must be a number from 0 to 1, not "2%".'],
    [
      'GENERATE_INTERVAL_MS',
      '1',
      'GENERATE_INTERVAL_MS: must be a whole number of milliseconds from 100 to 3600000, not "1".',
    ],
    [
      'GENERATE_BATCH_SIZE',
      'many',
      'GENERATE_BATCH_SIZE: must be a whole number of transactions from 0 to 10000, not "many".',
    ],
    ['RETENTION_HOURS', '0', 'RETENTION_HOURS: must be a whole number of hours from 1 to 87600, not "0".'],
    [
      'STALL_AFTER_MS',
      '500',
      'STALL_AFTER_MS: must be a whole number of milliseconds from 10000 to 3600000, not "500".',
    ],
    ['FAULTS_ENABLED', 'yes', 'FAULTS_ENABLED: must be true or false, not "yes".'],
    ['PORT', '70000', 'PORT: must be a whole number from 0 to 65535, not "70000".'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent, not "loud".'],
  ])('%s=%s is refused with the remedy', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([problem]);
  });

  it.each(['0', '1', '0.5', '.25', '1.0'])('a failure rate of %s is taken', (rate) => {
    expect(loadWorkerConfig({ DATABASE_URL, SETTLE_FAILURE_RATE: rate }).SETTLE_FAILURE_RATE).toBe(Number(rate));
  });

  it('a stall must be longer than a batch', () => {
    expect(problemsOf({ STALL_AFTER_MS: '10000', SETTLE_LATENCY_MS: '6000' })).toEqual([
      'STALL_AFTER_MS: must be at least twice SETTLE_LATENCY_MS, or a healthy batch would count as a stall.',
    ]);
  });

  it('lists every problem at once, and never the password', () => {
    const problems = problemsOf({ DATABASE_URL: 'mysql://root:hunter2@db', PORT: 'x', SETTLE_BATCH_SIZE: '0' });
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('hunter2');
  });
});

it('one replica settles a batch per latency: 100 a second by default, ten times what is generated', () => {
  const config = loadWorkerConfig({ DATABASE_URL });
  expect(settleCapacity(config)).toBe(100);
  expect(settleCapacity({ ...config, SETTLE_LATENCY_MS: 0 })).toBe(Number.POSITIVE_INFINITY);
  expect((config.GENERATE_BATCH_SIZE / config.GENERATE_INTERVAL_MS) * 1_000).toBe(10);
});
