import type { DockerEngine } from './docker-engine.ts';
import { hasStatus } from './engine-error.ts';
import type { ContainerInspect, PathStat } from './engine-types.ts';
import { readTarFile, type TarFile, writeTar } from './tar-file.ts';

/** How many added paths are looked at; secrets first. An application may write thousands of files of its own. */
const maxPaths = 300;
const maxBytes = 1024 * 1024;

/**
 * Files that the compose CLI copied into the source just before it first started: secrets with `environment:` and configs with
 * `content:`. They are in no mount and in no label, so they are known by how the CLI writes them (compose 2.40,
 * pkg/compose/secrets.go): a tar entry whose time is in whole seconds. What the application writes has nanoseconds.
 * A filtering proxy that forbids the question gets an empty answer: a clone that misses its secret does not become healthy.
 */
export async function findInjectedFiles(engine: DockerEngine, source: ContainerInspect): Promise<TarFile[]> {
  const paths = await candidates(engine, source);
  const files: TarFile[] = [];
  for (const path of paths) {
    const stat = await statOrNothing(engine, source.Id, path);
    if (!stat || !isInjected(stat, source)) continue;
    files.push({ path: path.replace(/^\//, ''), ...readTarFile(await engine.readArchive(source.Id, path)) });
  }
  return files;
}

/** Puts the files into a container that was created and not started, as compose does. The directories come by themselves. */
export async function injectFiles(engine: DockerEngine, id: string, files: TarFile[]): Promise<void> {
  if (files.length > 0) await engine.writeArchive(id, writeTar(files, Math.floor(Date.now() / 1000)));
}

async function candidates(engine: DockerEngine, source: ContainerInspect): Promise<string[]> {
  let added: string[];
  try {
    added = await engine.addedPaths(source.Id);
  } catch (error) {
    if (hasStatus(error, 403, 405)) return [];
    throw error;
  }
  const mounts = (source.Mounts ?? []).map(({ Destination }) => Destination);
  const isMounted = (path: string) => mounts.some((mount) => path === mount || path.startsWith(`${mount}/`));
  const isSecret = (path: string) => Number(path.startsWith('/run/secrets/'));
  const parents = new Set(added.map((path) => path.slice(0, path.lastIndexOf('/'))));
  const files = added.filter((path) => !parents.has(path) && !isMounted(path));
  return files.sort((a, b) => isSecret(b) - isSecret(a)).slice(0, maxPaths);
}

async function statOrNothing(engine: DockerEngine, id: string, path: string): Promise<PathStat | undefined> {
  try {
    return await engine.statPath(id, path);
  } catch (error) {
    if (hasStatus(error, 403, 404, 405)) return undefined;
    throw error;
  }
}

function isInjected({ mtime, mode, size }: PathStat, { Created }: ContainerInspect): boolean {
  const isPlainFile = mode <= 0o777;
  const isWholeSecond = !/\.\d*[1-9]/.test(mtime);
  const afterCreation = Date.parse(mtime) - Date.parse(Created);
  return isPlainFile && size <= maxBytes && isWholeSecond && afterCreation > -2_000 && afterCreation < 60_000;
}
