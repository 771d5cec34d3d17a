import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Survey } from '../survey.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** The bot takes no alert that it cannot write down, and what it wrote must outlive its container. */
export async function checkLog(path: string, survey: Survey | undefined): Promise<Finding[]> {
  const file = resolve(path);
  const folder = dirname(file);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    return [
      problem(
        'log',
        `the folder ${folder} of INCIDENT_LOG_PATH does not exist`,
        'mount a volume there: alert-bot-log:/var/lib/alert-bot',
      ),
    ];
  const unwritable = await findUnwritable([folder, file]);
  if (unwritable)
    return [
      problem(
        'log',
        `${unwritable} cannot be written by ${process.getuid?.()}:${process.getgid?.()}`,
        `let the bot's group own it: chgrp -R 1000 and chmod -R g+rwX on the volume, or start the bot as its owner`,
      ),
    ];
  if (survey?.own && !isMounted(survey.own.Mounts?.map(({ Destination }) => Destination) ?? [], file))
    return [
      warning(
        'log',
        `${file} is in the container itself, so the bot's memory ends with the container`,
        `mount a volume at ${folder}`,
      ),
    ];
  return [ok('log', `${file} can be written`)];
}

async function findUnwritable(paths: string[]): Promise<string | undefined> {
  for (const path of paths) {
    const refused = await access(path, constants.W_OK).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
    );
    if (refused) return path;
  }
  return undefined;
}

const isMounted = (mounts: string[], file: string): boolean =>
  mounts.some((mount) => mount !== '/' && (file === mount || file.startsWith(`${mount.replace(/\/$/, '')}/`)));
