import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canEnter, unprivilegedUser } from '@stack/db/unprivileged-user';

const ownDirectory = fileURLToPath(new URL('../../.local', import.meta.url));

/**
 * Where data and bundles are kept: `.local/` of the clone. Started by root, PostgreSQL runs as another user; when that one
 * cannot enter the clone (below /root, say), it is a directory in /var/tmp with a name made from the clone's.
 */
export async function localDirectory(given: string | undefined): Promise<string> {
  const directory = given === undefined ? ownDirectory : resolve(given);
  await mkdir(directory, { recursive: true });
  const user = await unprivilegedUser();
  if (given || !user || (await canEnter(user, directory))) return directory;
  const cloneName = createHash('sha256').update(ownDirectory).digest('hex').slice(0, 12);
  return `/var/tmp/observability-stack-${cloneName}`;
}
