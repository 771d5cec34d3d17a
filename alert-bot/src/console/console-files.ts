import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ConsoleFile {
  bytes: Buffer;
  gzipped: Buffer;
  type: string;
}

export interface ConsoleFiles {
  page: ConsoleFile;
  /** By their names, which change with their content. */
  assets: ReadonlyMap<string, ConsoleFile>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Beside the bundle; for the sources, in `dist`. */
const places = ['./console', '../../dist/console'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The built page, whole and in memory; undefined when it was not built. Only what lies in its folder can ever be served. */
export async function loadConsoleFiles(): Promise<ConsoleFiles | undefined> {
  const folder = places.find(isThere);
  if (folder === undefined) return undefined;
  const { gzipSync } = await import('node:zlib');
  const files = new Map<string, ConsoleFile>();
  for (const name of readdirSync(folder)) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const bytes = readFileSync(join(folder, name));
    files.set(name, { bytes, gzipped: gzipSync(bytes, { level: 9 }), type });
  }
  const page = files.get('index.html');
  files.delete('index.html');
  return page && { page, assets: files };
}

function isThere(folder: string): boolean {
  try {
    return readdirSync(folder).includes('index.html');
  } catch {
    return false;
  }
}
