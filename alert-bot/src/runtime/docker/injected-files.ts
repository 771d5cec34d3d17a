import type { DockerEngine } from './docker-engine.ts';
import { AnswerTooLong, hasStatus } from './engine-error.ts';
import type { ContainerInspect, PathStat } from './engine-types.ts';
import { fitsTar, readTarFile, type TarFile, writeTar } from './tar-file.ts';

/** How many added paths are looked at; secrets first. An application may write thousands of files of its own. */
const maxPaths = 300;
/** What is copied: a service has a few secrets of a few kilobytes. */
const maxFiles = 100;
const maxFileBytes = 1024 * 1024;
const maxTotalBytes = 4 * 1024 * 1024;
/** Headers of the answer and of the archive. */
const archiveSlackBytes = 64 * 1024;

/** Why the files are not copied; completes "The service cannot have more than one replica: ". */
export interface InjectedFilesRefusal {
  refusal: string;
}

/**
 * Files that the compose CLI copied into the source just before it first started: secrets with `environment:` and configs with
 * `content:`. They are in no mount and in no label, so they are known by how the CLI writes them (compose 2.40,
 * pkg/compose/secrets.go): a tar entry whose time is in whole seconds. What the application writes has nanoseconds.
 * A filtering proxy that forbids the question gets an empty answer: a clone that misses its secret does not become healthy.
 * What a container holds is its own choice, so number, size and names are bounded, also against a size that is not true.
 */
export async function findInjectedFiles(
  engine: DockerEngine,
  source: ContainerInspect,
): Promise<TarFile[] | InjectedFilesRefusal> {
  const files: TarFile[] = [];
  let bytes = 0;
  const paths = await candidates(engine, source);
  if ('refusal' in paths) return paths;
  for (const path of paths) {
    const stat = await statOrNothing(engine, source.Id, path);
    if (!stat || !isInjected(stat, source)) continue;
    const file = await readInjected(engine, source.Id, path);
    if ('refusal' in file) return file;
    bytes += file.content.length;
    if (bytes > maxTotalBytes || files.length >= maxFiles)
      return {
        refusal: `the files that compose wrote into it are more than ${maxFiles}, or over ${maxTotalBytes} bytes`,
      };
    files.push(file);
  }
  return files;
}

async function readInjected(engine: DockerEngine, id: string, path: string): Promise<TarFile | InjectedFilesRefusal> {
  const inArchive = path.replace(/^\//, '');
  const shown = JSON.stringify(path.slice(0, 200));
  if (!fitsTar(inArchive)) return { refusal: `the path of its file ${shown} is too long to be copied` };
  let archive: Buffer;
  try {
    archive = await engine.readArchive(id, path, maxFileBytes + archiveSlackBytes);
  } catch (error) {
    if (error instanceof AnswerTooLong) return { refusal: `its file ${shown} is larger than the engine says` };
    throw error;
  }
  try {
    return { path: inArchive, ...readTarFile(archive) };
  } catch (error) {
    return { refusal: `its file ${shown} cannot be copied: ${(error as Error).message}` };
  }
}

/** Puts the files into a container that was created and not started, as compose does. The directories come by themselves. */
export async function injectFiles(engine: DockerEngine, id: string, files: TarFile[]): Promise<void> {
  if (files.length > 0) await engine.writeArchive(id, writeTar(files, Math.floor(Date.now() / 1000)));
}

async function candidates(engine: DockerEngine, source: ContainerInspect): Promise<string[] | InjectedFilesRefusal> {
  let added: string[];
  try {
    added = await engine.addedPaths(source.Id);
  } catch (error) {
    if (hasStatus(error, 403, 405)) return [];
    if (error instanceof AnswerTooLong) return { refusal: 'the list of files that were added to it is too long' };
    throw error;
  }
  const mounts = (source.Mounts ?? []).map(({ Destination }) => Destination);
  const isMounted = (path: string) => mounts.some((mount) => path === mount || path.startsWith(`${mount}/`));
  const isSecret = (path: string) => Number(path.startsWith('/run/secrets/'));
  const parents = new Set(added.map((path) => path.slice(0, path.lastIndexOf('/'))));
  const isPlain = (path: string) => path.startsWith('/') && !path.split('/').includes('..');
  const files = added.filter((path) => isPlain(path) && !parents.has(path) && !isMounted(path));
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
  return isPlainFile && size <= maxFileBytes && isWholeSecond && afterCreation > -2_000 && afterCreation < 60_000;
}
