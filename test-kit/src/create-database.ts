import { withAdmin } from '@stack/db/with-admin';

/** Creates the database `name`, empty or as a copy of `template`. */
export function createDatabase(adminUrl: string, name: string, template = 'template0'): Promise<void> {
  return withAdmin(adminUrl, async (client) => {
    await client.query(
      `CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE ${client.escapeIdentifier(template)}`,
    );
  });
}
