import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLogger } from '@stack/service-kit/logger';
import { createDatabase } from '@stack/test-kit/create-database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedCluster, startEmbeddedCluster } from '../src/embedded-cluster.ts';
import { type MigrateOptions, migrate } from '../src/migrate.ts';
import { withAdmin } from '../src/with-admin.ts';

const run = promisify(execFile);
const logger = createLogger({ service: 'test', level: 'silent' });
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const initSql = fileURLToPath(new URL('../init.sql', import.meta.url));

let cluster: EmbeddedCluster;
beforeAll(async () => {
  cluster = await startEmbeddedCluster();
});
afterAll(() => cluster.stop());

/** The files of db/migrations in their order, without `.sql`. */
const ownMigrations = readdirSync(new URL('../migrations', import.meta.url))
  .map((file) => file.replace(/\.sql$/, ''))
  .sort();

async function emptyDatabase(name: string): Promise<MigrateOptions> {
  await createDatabase(cluster.url('postgres'), name);
  return { DATABASE_URL: cluster.url(name), MIGRATE_TIMEOUT_MS: 10_000, logger };
}

const ask = (name: string, text: string) =>
  withAdmin(cluster.url(name), async (client) => (await client.query(text)).rows);

/** The one-shot command, as compose runs it. Resolves to its exit code and its output. */
const runMain = (env: Record<string, string>) =>
  run(process.execPath, ['--import', 'tsx', main], { env: { PATH: process.env['PATH'] ?? '', ...env } }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
  );

describe('a volume that was made with another password', () => {
  const withPassword = (url: string, user: string, password: string) => {
    const address = new URL(url);
    address.username = user;
    address.password = encodeURIComponent(password);
    return address.href;
  };

  /** An owner of its own, whose password the rest of these tests does not need. */
  async function volume(owner: string) {
    const { DATABASE_URL, ...options } = await emptyDatabase(owner);
    await withAdmin(DATABASE_URL, (client) => client.query(`CREATE ROLE ${owner} SUPERUSER LOGIN PASSWORD 'demo'`));
    return { ...options, url: (password: string) => withPassword(DATABASE_URL, owner, password) };
  }

  it('takes the new one when it is given the old one, and needs the old one no more', async () => {
    const { url, ...options } = await volume('kept');
    const secret = "new'\\ %@:/";
    await migrate({ ...options, DATABASE_URL: url(secret), OLD_POSTGRES_PASSWORD: 'demo' });
    expect(await migrate({ ...options, DATABASE_URL: url(secret) })).toEqual([]);
    expect(await migrate({ ...options, DATABASE_URL: url(secret), OLD_POSTGRES_PASSWORD: 'demo' })).toEqual([]);
    await expect(migrate({ ...options, DATABASE_URL: url('demo') })).rejects.toThrow('password authentication failed');
  });

  it('is left as it is without the old one, and the message says how to give it', async () => {
    const { url } = await volume('refused');
    const env = { DATABASE_URL: url('new'), MIGRATE_TIMEOUT_MS: '10000' };
    const { code, output } = await runMain(env);
    expect(code).toBe(1);
    expect(output).toContain('say the old one once: OLD_POSTGRES_PASSWORD=');
    expect((await runMain({ ...env, OLD_POSTGRES_PASSWORD: 'guess' })).output).toContain(
      'with OLD_POSTGRES_PASSWORD too',
    );
  });
});

describe('migrate', () => {
  it('brings an empty database up to date, and the second time finds nothing to do', async () => {
    const options = await emptyDatabase('twice');
    expect(await migrate(options)).toEqual(ownMigrations);
    expect(await migrate(options)).toEqual([]);
  });

  it('five at once: one does the work, the others wait for it and find nothing to do', async () => {
    const options = await emptyDatabase('five');
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(options)));
    expect(applied.map((names) => names.length).sort()).toEqual([0, 0, 0, 0, ownMigrations.length]);
  });

  it('five databases of one cluster at once, whose roles are the same', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5].map((n) => emptyDatabase(`side_by_side_${n}`)));
    const applied = await Promise.all(all.map((options) => migrate({ ...options, APP_DB_PASSWORD: 'same' })));
    expect(applied.map((names) => names.length)).toEqual(Array(5).fill(ownMigrations.length));
  });

  it('is all or nothing: a migration that fails leaves no trace of those before it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'stack-test-'));
    await writeFile(join(directory, '20260101000000000_good.sql'), '-- Up Migration\nCREATE TABLE good ();');
    await writeFile(join(directory, '20260102000000000_bad.sql'), '-- Up Migration\nCREATE TABLE good ();');
    const options = await emptyDatabase('all_or_nothing');
    await expect(migrate({ ...options, directory })).rejects.toThrow('relation "good" already exists');
    expect(await ask('all_or_nothing', "SELECT to_regclass('good') AS good")).toEqual([{ good: null }]);
    await rm(directory, { recursive: true });
  });

  it('waits for a run that is under way no longer than its timeout', async () => {
    const options = await emptyDatabase('locked');
    await withAdmin(cluster.url('locked'), async (client) => {
      await client.query('SELECT pg_advisory_lock($1)', [0x6d_69_67_72]);
      await expect(migrate({ ...options, MIGRATE_TIMEOUT_MS: 100 })).rejects.toThrow('lock timeout');
    });
  });

  it('sets the passwords it is given, changes them, and keeps those it is not given', async () => {
    const options = await emptyDatabase('passwords');
    const login = (role: string, password: string) => {
      const url = new URL(cluster.url('passwords', role as 'app'));
      url.password = password;
      return withAdmin(url.href, async (client) => (await client.query('SELECT current_user AS who')).rows[0].who);
    };
    const awkward = `a'b"c\\d $1 %`;
    await migrate({ ...options, APP_DB_PASSWORD: 'one', MONITOR_DB_PASSWORD: awkward });
    expect([await login('app', 'one'), await login('monitor', encodeURIComponent(awkward))]).toEqual([
      'app',
      'monitor',
    ]);
    await migrate({ ...options, APP_DB_PASSWORD: 'two' });
    await expect(login('app', 'one')).rejects.toThrow('password authentication failed');
    expect([await login('app', 'two'), await login('monitor', encodeURIComponent(awkward))]).toEqual([
      'app',
      'monitor',
    ]);
  });
});

describe('the command', () => {
  it('ends with 0 when it migrated, and with 0 when there was nothing to do', async () => {
    const { DATABASE_URL } = await emptyDatabase('command');
    expect(await runMain({ DATABASE_URL })).toMatchObject({ code: 0, output: expect.stringContaining('"migrated"') });
    expect(await runMain({ DATABASE_URL })).toMatchObject({
      code: 0,
      output: expect.stringContaining('"nothing to migrate"'),
    });
  });

  const nobodyThere = 'postgres://postgres:hidden@127.0.0.1:1/transactions';
  it.each([
    ['no configuration', {}, 2, 'DATABASE_URL: is required (or DATABASE_URL_FILE)'],
    [
      'a database that never comes',
      { DATABASE_URL: nobodyThere, MIGRATE_TIMEOUT_MS: '700' },
      1,
      /cannot use the database transactions on 127.0.0.1:1 after \d attempts: .*ECONNREFUSED/,
    ],
    [
      'a password file that is not there',
      { DATABASE_URL: nobodyThere, APP_DB_PASSWORD_FILE: '/nowhere' },
      2,
      'APP_DB_PASSWORD: cannot read /nowhere',
    ],
  ])('with %s says so and does not end with 0', async (_case, env, code, message) => {
    const result = await runMain(env as Record<string, string>);
    expect(result.code).toBe(code);
    expect(result.output).toMatch(message);
    expect(result.output).not.toContain('hidden');
  });

  it('does not wait when waiting cannot help: a wrong password fails at once', async () => {
    const url = new URL(cluster.url('postgres'));
    url.password = 'wrong';
    const options = { DATABASE_URL: url.href, MIGRATE_TIMEOUT_MS: 60_000, logger };
    await expect(migrate(options)).rejects.toThrow(/on 127.0.0.1:\d+: password authentication failed/);
  });

  it('waits for a database that comes later', async () => {
    const options = await emptyDatabase('later');
    await cluster.stop({ keepFiles: true });
    const migrating = migrate(options);
    await cluster.restart();
    expect(await migrating).toEqual(ownMigrations);
  });
});

const hasPsql = await run('psql', ['--version']).then(
  () => true,
  () => false,
);
describe.runIf(hasPsql)('init.sql', () => {
  it('and migrate do not disagree about the roles, whichever comes first', async () => {
    const other = await startEmbeddedCluster();
    const env = { PATH: process.env['PATH'] ?? '', APP_DB_PASSWORD: "it's", MONITOR_DB_PASSWORD: 'two words' };
    await run('psql', ['-q', '-d', other.url('postgres'), '-f', initSql], { env });
    await migrate({ DATABASE_URL: other.url('postgres'), MIGRATE_TIMEOUT_MS: 0, logger });
    await migrate(await emptyDatabase('without_init'));
    const roles = `
      SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconfig,
             ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = pg_roles.oid) AS member_of
      FROM pg_roles WHERE rolname IN ('app', 'monitor') ORDER BY rolname`;
    const [withInit, withoutInit] = await Promise.all(
      [other.url('postgres'), cluster.url('without_init')].map((url) =>
        withAdmin(url, async (client) => (await client.query(roles)).rows),
      ),
    );
    expect(withInit).toEqual(withoutInit);
    const login = new URL(other.url('postgres', 'app'));
    login.password = encodeURIComponent("it's");
    await withAdmin(login.href, (client) => client.query('SELECT'));
    await other.stop();
  });
});
