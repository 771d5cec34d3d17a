import type pg from 'pg';

export type RoleName = 'app' | 'monitor';

/** New passwords; a role whose password is `undefined` keeps what it has. */
export type RolePasswords = Record<RoleName, string | undefined>;

/** Only a superuser may say so; for others it does nothing. */
export const keepOutOfServerLog = `
  SELECT set_config('log_statement', 'none', false), set_config('log_min_error_statement', 'panic', false)
  FROM pg_roles WHERE rolname = current_user AND rolsuper`;

/**
 * Creates the roles that are missing and sets what they must be like. On a fresh compose volume init.sql has created them,
 * so that the exporters can log in at once; here they get what they need everywhere, and a changed password.
 */
export async function ensureRoles(client: pg.Client, passwords: RolePasswords): Promise<void> {
  const statements = [
    'GRANT pg_monitor TO monitor',
    // a second line behind the grants: also what PUBLIC may do is refused
    'ALTER ROLE monitor SET default_transaction_read_only = on',
    "ALTER ROLE monitor SET statement_timeout = '10s'",
  ];
  // the statements below carry passwords, and a statement that fails is logged
  await client.query(keepOutOfServerLog);
  await retryOnRace(async () => {
    for (const role of ['app', 'monitor'] as const) await ensureRole(client, role, passwords[role]);
    for (const statement of statements) await client.query(statement);
  });
}

async function ensureRole(client: pg.Client, role: RoleName, password: string | undefined): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  const secret = password === undefined ? '' : ` PASSWORD ${client.escapeLiteral(password)}`;
  await client.query(`${verb} ROLE ${role} LOGIN${secret}`);
}

/** Roles belong to the whole cluster: a run in another database does not see our lock and may touch the same rows. */
async function retryOnRace(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 10 || !isRace(error)) throw error;
    }
  }
}

/** "tuple concurrently updated", and both kinds of "already exists". */
const isRace = (error: unknown) => ['XX000', '23505', '42710'].includes((error as { code?: string }).code ?? '');
