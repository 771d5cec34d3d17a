// Builds the console into a folder: index.html and files whose names change with their content.
// Usage: node build.mjs [folder]
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * Whole or not at all: the folder is emptied first, and the page that names the files is written last. Resolves to the paths of
 * the files that it is made of, from the repository's root.
 */
export async function buildConsole(folder = join(here, '../dist/console')) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: join(here, '../..'),
    entryPoints: [join(here, 'src/main.tsx'), join(here, 'src/theme.ts'), join(here, 'src/console.css')],
    outdir: folder,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  const names = new Map(
    Object.entries(metafile.outputs).map(([file, { entryPoint }]) => [basename(entryPoint ?? ''), basename(file)]),
  );
  const template = await readFile(join(here, 'src/index.html'), 'utf8');
  await writeFile(
    join(folder, 'index.html'),
    template.replaceAll(/\{\{([\w.]+)\}\}/g, (_, name) => `/assets/${names.get(name)}`),
  );
  return Object.keys(metafile.inputs);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildConsole(process.argv[2]);
