import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@stack/test-kit/eventually';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childPids } from '../src/child-pids.ts';
import { type EmbeddedCluster, startEmbeddedCluster } from '../src/embedded-cluster.ts';

async function ask(url: string, text = 'SELECT 1 AS one', timeoutMs = 2_000) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const serverPid = async (cluster: { url(database: string): string }) =>
  (await ask(cluster.url('postgres'), "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid"))[0]
    .pid;

describe('an embedded cluster', () => {
  let cluster: EmbeddedCluster;
  beforeAll(async () => {
    cluster = await startEmbeddedCluster({ settings: { max_connections: '23' } });
  });
  afterAll(() => cluster.stop());

  it('is a PostgreSQL 18 with the settings it was given, for password holders on loopback only', async () => {
    const rows = await ask(
      cluster.url('postgres'),
      `SELECT current_setting('server_version') AS version, current_setting('max_connections') AS connections,
              current_setting('listen_addresses') AS addresses`,
    );
    expect(rows).toEqual([{ version: expect.stringMatching(/^18\./), connections: '23', addresses: '127.0.0.1' }]);
    const wrong = cluster.url('postgres').replace(cluster.password, 'wrong');
    await expect(ask(wrong)).rejects.toThrow('password authentication failed');
  });

  it('killed: all its processes are gone at once; restarted: same port, committed rows are there', async () => {
    await ask(cluster.url('postgres'), 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pid = await serverPid(cluster);
    const children = await childPids(pid);
    expect(children.length).toBeGreaterThan(3);
    await cluster.kill();
    await eventually(() => ![pid, ...children].some(isAlive));
    await expect(ask(cluster.url('postgres'))).rejects.toThrow('ECONNREFUSED');
    await cluster.restart();
    expect(await ask(cluster.url('postgres'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('paused: connections hang; resumed: they go on', async () => {
    await cluster.pause();
    await expect(ask(cluster.url('postgres'), 'SELECT 1', 200)).rejects.toThrow(/timeout/i);
    await cluster.resume();
    expect(await ask(cluster.url('postgres'))).toEqual([{ one: 1 }]);
  });

  it('refuses a data directory in use, with the reason that the server gave', async () => {
    const second = startEmbeddedCluster({ dataDirectory: cluster.dataDirectory });
    await expect(second).rejects.toThrow(/lock file "postmaster.pid" already exists/);
  });
});

describe('what a cluster leaves behind', () => {
  it('nothing, when it is temporary: also after it was killed or paused, and when it is stopped twice', async () => {
    const clusters = await Promise.all([startEmbeddedCluster(), startEmbeddedCluster()]);
    await clusters[0]?.kill();
    await clusters[1]?.pause();
    for (const { stop, dataDirectory } of clusters) {
      await stop();
      await stop();
      expect(existsSync(dirname(dataDirectory))).toBe(false);
    }
  });

  it('its data, when the directory was given: the next start finds it', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'stack-test-'));
    await chmod(parent, 0o755);
    const options = { dataDirectory: join(parent, 'data'), durable: true };
    const first = await startEmbeddedCluster(options);
    await ask(first.url('postgres'), 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await startEmbeddedCluster(options);
    expect(await ask(second.url('postgres'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.stop();
    await rm(parent, { recursive: true });
  });

  it.runIf(process.getuid?.() === 0)('an error with the remedy, when root gives it a closed directory', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'stack-test-')); // mode 700
    const start = startEmbeddedCluster({ dataDirectory: join(parent, 'data') });
    await expect(start).rejects.toThrow(/cannot enter .*chmod o\+x/);
    await rm(parent, { recursive: true });
  });

  it.each(['running', 'paused'])(
    'nothing, when the process that started it dies of SIGKILL while it is %s',
    async (how) => {
      const script = fileURLToPath(new URL('./support/hold-cluster.ts', import.meta.url));
      const parent = spawn(process.execPath, ['--import', 'tsx', script, how], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await once(parent.stdout, 'data');
      const { pid, dataDirectory } = JSON.parse(String(line));
      expect(isAlive(pid)).toBe(true);
      parent.kill('SIGKILL');
      await eventually(() => !isAlive(pid) && !existsSync(dirname(dataDirectory)));
    },
  );
});
