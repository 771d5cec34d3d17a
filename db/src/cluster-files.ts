import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type EmbeddedBinaries, embeddedBinaries } from './embedded-binaries.ts';
import { runProgram } from './run-program.ts';
import { canEnter, type OsUser, unprivilegedUser } from './unprivileged-user.ts';

/** A cluster on disk, ready to be started. */
export interface ClusterFiles {
  binaries: EmbeddedBinaries;
  /** Who runs it and owns its files; `undefined` is ourselves. */
  user: OsUser | undefined;
  /** Everything temporary is in here. */
  workDirectory: string;
  dataDirectory: string;
  /** The superuser's. Kept beside the data, so that a later start knows it. */
  password: string;
}

/**
 * Makes the data directory, or takes one that is there, for the user that the server will run as.
 * @throws Error with the remedy when that user cannot enter the directory
 */
export async function prepareClusterFiles(givenDirectory: string | undefined): Promise<ClusterFiles> {
  const user = await unprivilegedUser();
  const workDirectory = await mkdtemp(join(await temporaryRoot(user), 'stack-postgres-'));
  try {
    await giveTo(user, workDirectory);
    const binaries = await embeddedBinaries(user, workDirectory);
    const dataDirectory = givenDirectory ?? join(workDirectory, 'data');
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
    if (user) await assertCanEnter(user, dirname(dataDirectory));
    await giveTo(user, dataDirectory);
    const files = { binaries, user, workDirectory, dataDirectory };
    return { ...files, password: await initialise(files) };
  } catch (error) {
    await rm(workDirectory, { recursive: true, force: true });
    throw error;
  }
}

/** $TMPDIR, or /tmp when root's own TMPDIR is closed to the user that PostgreSQL runs as. */
async function temporaryRoot(user: OsUser | undefined): Promise<string> {
  const own = tmpdir();
  return user && !(await canEnter(user, own)) ? '/tmp' : own;
}

async function assertCanEnter(user: OsUser, directory: string): Promise<void> {
  if (await canEnter(user, directory)) return;
  throw new Error(
    `started by root, PostgreSQL runs as "${user.name}", who cannot enter ${directory}. Choose another data directory, run this as a normal user, or allow it: chmod o+x ${directory} and its parents.`,
  );
}

async function giveTo(user: OsUser | undefined, path: string): Promise<void> {
  if (user) await chown(path, user.uid, user.gid);
}

/** Runs initdb unless the directory holds a cluster already. Resolves to the superuser's password. */
async function initialise(files: Omit<ClusterFiles, 'password'>): Promise<string> {
  const passwordFile = join(files.dataDirectory, 'superuser-password');
  if (await exists(join(files.dataDirectory, 'PG_VERSION'))) return readFile(passwordFile, 'utf8');
  const password = randomBytes(16).toString('hex');
  await runInitdb(files, password);
  await writeFile(passwordFile, password, { mode: 0o600 });
  return password;
}

async function runInitdb({ binaries, user, ...files }: Omit<ClusterFiles, 'password'>, password: string) {
  const passwordFile = join(files.workDirectory, 'new-password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveTo(user, passwordFile);
  const where = [`--pgdata=${files.dataDirectory}`, `--pwfile=${passwordFile}`];
  const what = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync'];
  try {
    const owner = { uid: user?.uid, gid: user?.gid };
    await runProgram(binaries.initdb, [...where, ...what], { cwd: files.workDirectory, ...owner });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
