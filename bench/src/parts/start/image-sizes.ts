import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { alone, type Figure } from '../../figures.ts';
import type { PartResult } from '../../part.ts';
import { services } from './commands.ts';

const run = promisify(execFile);
const settings = new URL('../../../../.env.example', import.meta.url);

/** What each image adds to the Node image that it is built from, where an engine has both; else a note that says so. */
export async function imageSizes(): Promise<PartResult> {
  const base = /^#? *NODE_IMAGE=(\S+)$/m.exec(await readFile(settings, 'utf8'))?.[1] ?? '';
  const baseSize = await sizeOf(base);
  const figures: Figure[] = [];
  const notes: string[] = [];
  const built = await builtImages();
  for (const service of services) {
    const image = built.find((each) => each.endsWith(`-${service}`));
    const size = baseSize && image && (await sizeOf(image));
    if (baseSize && size)
      figures.push(
        alone({ what: `${service}: image size over its base`, unit: 'MB', ours: [(size - baseSize) / 1e6] }),
      );
    else notes.push(`The image of ${service} was not measured: docker compose build makes it.`);
  }
  return { figures, notes };
}

/** As compose names them, after the project, which is called like the folder. */
async function builtImages(): Promise<string[]> {
  try {
    const { stdout } = await run('docker', ['compose', 'config', '--images'], { timeout: 20_000 });
    return stdout.split('\n');
  } catch {
    return [];
  }
}

/** In bytes; nothing where there is no such image, or no engine. */
async function sizeOf(image: string): Promise<number | undefined> {
  try {
    const { stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Size}}', image], { timeout: 20_000 });
    return Number(stdout);
  } catch {
    return undefined;
  }
}
