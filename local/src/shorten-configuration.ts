import { shortenRules } from '@stack/prometheus/src/shorten-rules.ts';
import { parseDocument } from 'yaml';

/** Scrapes and evaluates each second. */
export const fastGlobal = { scrape_interval: '1s', evaluation_interval: '1s', scrape_timeout: '1s' };

/** Objectives speak of hours; a host that is busy for some seconds is no news. */
export const fastRules = (text: string): string => shortenRules(text, { minKeepFiringSeconds: 10 });

/** The dead man's switch every 5 s: its shortened rule would call the bot deaf for most of the minute between two. */
export function fastWatchdog(text: string): string {
  const shortened = text.replace(
    /group_interval: 1m\n(\s+)repeat_interval: 50s/,
    'group_interval: 5s\n$1repeat_interval: 4s',
  );
  if (shortened === text) throw new Error('alertmanager/config.yml has no route for the Watchdog as it was');
  return shortened;
}

/** Attempts and budget stay what they are; the deadlines stay longer than the shortened rules' decay. */
const shorter: Record<string, string> = {
  'defaults.cooldown': '5s',
  'defaults.backoff.initial': '5s',
  'defaults.backoff.max': '20s',
  'defaults.verify.within': '45s',
  'defaults.verify.stable': '3s',
  'defaults.relapse': '30s',
};

/**
 * The committed runbooks with shorter times.
 * @throws Error when a time that is to be shortened is not in the file
 */
export function fastRunbooks(text: string): string {
  const document = parseDocument(text);
  for (const [path, value] of Object.entries(shorter)) {
    if (!document.hasIn(path.split('.'))) throw new Error(`runbooks.yml has no ${path}`);
    document.setIn(path.split('.'), value);
  }
  const { runbooks } = document.toJS() as { runbooks: { verify?: object; onResolved?: object }[] };
  for (const [index, { verify, onResolved }] of runbooks.entries()) {
    if (verify) document.setIn(['runbooks', index, 'verify', 'within'], '90s');
    if (onResolved) document.setIn(['runbooks', index, 'onResolved', 'after'], '5s');
  }
  return document.toString();
}
