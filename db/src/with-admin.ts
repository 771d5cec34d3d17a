import pg from 'pg';

/** Lends a connection, usually the superuser's, and closes it. @throws whatever `work` throws */
export async function withAdmin<T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'admin' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
