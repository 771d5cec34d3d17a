import { withAdmin } from '@stack/db/with-admin';
import { expect, it } from 'vitest';
import { startCluster } from '../src/start-cluster.ts';

it('a cluster of its own has migrated databases for every role, and can be killed and restarted', async () => {
  const cluster = await startCluster();
  await cluster.createDatabase('transactions');
  const count = () =>
    withAdmin(cluster.url('transactions', 'monitor'), async (client) => {
      const { rows } = await client.query('SELECT count(*)::int FROM transactions');
      return rows[0].count;
    });
  await withAdmin(cluster.url('transactions', 'app'), (client) =>
    client.query("INSERT INTO transactions (account_id, amount, currency) VALUES ('a', 1, 'EUR')"),
  );
  await cluster.kill();
  await expect(count()).rejects.toThrow('ECONNREFUSED');
  await cluster.restart();
  expect(await count()).toBe(1);
  await cluster.stop();
});
