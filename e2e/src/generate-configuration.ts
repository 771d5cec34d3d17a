import { chmod, cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shortenRules } from '../../prometheus/src/shorten-rules.ts';
import { repository } from './compose-project.ts';
import { shortenRunbooks } from './shorten-runbooks.ts';

/**
 * A directory with copies of the committed configuration, with shorter times: the same expressions, never a second set. Compose mounts it
 * (compose.e2e.yml). The caller removes it.
 */
export async function generateConfiguration(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'stack-e2e-'));
  // the containers read it as other users
  await chmod(directory, 0o755);
  for (const part of ['prometheus', 'alertmanager', 'alert-bot'])
    await cp(join(repository, part), join(directory, part), {
      recursive: true,
      filter: (path) => !/\/(node_modules|src|test|tests|dist)$/.test(path),
    });
  await rewrite(join(directory, 'prometheus/alert.rules.yml'), (text) => shortenRules(text));
  await rewrite(join(directory, 'prometheus/recording.rules.yml'), (text) => shortenRules(text));
  await rewrite(join(directory, 'prometheus/prometheus.yml'), shortenScrapes);
  await rewrite(join(directory, 'alertmanager/config.yml'), shortenWatchdog);
  await rewrite(join(directory, 'alert-bot/runbooks.yml'), shortenRunbooks);
  return directory;
}

async function rewrite(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}

/** Scrapes and looks for replicas each two seconds: the shortened windows need five samples, and a busy machine needs time to answer. */
function shortenScrapes(text: string): string {
  return text.replace(/^( *(?:scrape_interval|evaluation_interval|refresh_interval|scrape_timeout): )\d+s$/gm, '$12s');
}

/** The dead man's switch each 5 s: its shortened rule would call the bot deaf for most of the minute between two. */
function shortenWatchdog(text: string): string {
  const shortened = text.replace(
    /group_interval: 1m\n(\s+)repeat_interval: 50s/,
    'group_interval: 5s\n$1repeat_interval: 4s',
  );
  if (shortened === text) throw new Error('alertmanager/config.yml has no route for the Watchdog as it was');
  return shortened;
}
