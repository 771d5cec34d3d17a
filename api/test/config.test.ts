import { ConfigError } from '@stack/service-kit/config';
import { describe, expect, it } from 'vitest';
import { loadApiConfig } from '../src/config.ts';

const DATABASE_URL = 'postgres://app:secret@localhost:5432/transactions';

describe('the configuration', () => {
  it('needs nothing but DATABASE_URL, and faults are off', () => {
    expect(loadApiConfig({ DATABASE_URL })).toEqual({
      DATABASE_URL,
      DATABASE_POOL_SIZE: 10,
      DATABASE_CONNECT_TIMEOUT_MS: 2_000,
      DATABASE_STATEMENT_TIMEOUT_MS: 3_000,
      FAULTS_ENABLED: false,
      MEMORY_LIMIT_MB: 0,
      HOST: '0.0.0.0',
      PORT: 8_000,
      ALLOWED_HOSTS: [],
      LOG_LEVEL: 'info',
    });
  });

  it('names every problem at once and never repeats a password', () => {
    const load = () =>
      loadApiConfig({
        DATABASE_URL: 'mysql://root:hunter2@db',
        DATABASE_POOL_SIZE: '0',
        FAULTS_ENABLED: 'perhaps',
        PORT: '70000',
      });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(/DATABASE_URL[\s\S]*DATABASE_POOL_SIZE[\s\S]*FAULTS_ENABLED/);
    expect(load).not.toThrow(/hunter2/);
    expect(() => loadApiConfig({})).toThrow(/DATABASE_URL: is required/);
  });
});
