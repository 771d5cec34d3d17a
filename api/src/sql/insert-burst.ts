import type { Queryable } from '@stack/service-kit/postgres';

/** Far below the statement timeout: 5,000 rows take about 60 ms. */
const chunkSize = 5_000;

const text = `
  INSERT INTO transactions (account_id, amount, currency, description)
  SELECT 'burst-' || n % 100, 1 + n % 10000 / 100.0, 'EUR', 'burst' FROM generate_series(1, $1::int) n`;

/** The backlog story: that many pending transactions as fast as the table takes them. */
export async function insertBurst(pool: Queryable, count: number): Promise<void> {
  for (let left = count; left > 0; left -= chunkSize)
    await pool.query({ name: 'insert-burst', text, values: [Math.min(left, chunkSize)] });
}
