import pg from 'pg';

/** Lends a superuser connection. @throws whatever `work` throws */
export async function withAdmin<T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'test-kit' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Creates the database `name`, empty or as a copy of `template`. */
export function createDatabase(adminUrl: string, name: string, template = 'template0'): Promise<void> {
  return withAdmin(adminUrl, async (client) => {
    await client.query(
      `CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE ${client.escapeIdentifier(template)}`,
    );
  });
}
