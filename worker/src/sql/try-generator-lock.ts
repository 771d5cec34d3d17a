import type { Queryable } from '@stack/service-kit/postgres';

/** 'gen' in ASCII. Its only user is the generate loop; the migrations take another key. */
const generatorLockKey = 0x67_65_6e;

/**
 * Takes the generator's advisory lock if it is free. Session level: it lives exactly as long as the connection, so a
 * replica that dies frees it without a row that somebody would have to clean up. Try, not wait: a waiting statement would
 * run into the statement timeout and could not be stopped cleanly.
 */
export async function tryGeneratorLock(session: Queryable): Promise<boolean> {
  const { rows } = await session.query('SELECT pg_try_advisory_lock($1) AS locked', [generatorLockKey]);
  return rows[0].locked;
}
