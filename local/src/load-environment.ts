import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from '@stack/service-kit/config';
import { repository } from './render-configuration.ts';

/**
 * The environment with what the `.env` of this clone adds, as the compose CLI reads it: a variable of the shell wins, and so do
 * COMPOSE_DISABLE_ENV_FILE and COMPOSE_ENV_FILES. So every command finds the ports and tokens of the stack that was started from here.
 * A variable that is empty is one that is not set.
 * @throws ConfigError when a file that was named cannot be read
 */
export function loadEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isOff = /^(1|true)$/i.test(env['COMPOSE_DISABLE_ENV_FILE'] ?? '');
  const named = (env['COMPOSE_ENV_FILES'] ?? '').split(',').filter(Boolean);
  const texts = named.length > 0 ? named.map(readNamed) : isOff ? [] : [readOwn()];
  const given = Object.assign({}, ...texts.map((text) => parseEnv(text)), env) as NodeJS.ProcessEnv;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}

function readOwn(): string {
  try {
    return readFileSync(join(repository, '.env'), 'utf8');
  } catch {
    return '';
  }
}

function readNamed(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`COMPOSE_ENV_FILES: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`]);
  }
}
