import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readable } from './log-lines.ts';

export interface Console {
  /** What the supervisor itself has to say; `important` is shown with --quiet too. */
  say(text: string, important?: boolean): void;
  /** A line of a part's log. */
  part(name: string, line: string, isStopping?: boolean): void;
  /** Text as it is: the table. */
  block(text: string): void;
}

export interface ConsoleOptions {
  quiet: boolean;
  logsDirectory?: string | undefined;
  write?: (text: string) => void;
  now?: () => Date;
}

/** A calm log: requests, chatter of databases and exporters and what only repeats is left to `--logs`. */
export function createConsole({
  quiet,
  logsDirectory,
  write = (text) => void process.stdout.write(text),
  now = () => new Date(),
}: ConsoleOptions): Console {
  if (logsDirectory) mkdirSync(logsDirectory, { recursive: true });
  const time = () => now().toTimeString().slice(0, 8);
  const repeats = createRepeatFilter(() => now().getTime());
  const print = (name: string, text: string) => write(`${time()} ${name.padEnd(17)} ${text}\n`);
  return {
    say: (text, important = true) => {
      if (important || !quiet) print('local', text);
    },
    part: (name, line, isStopping = false) => {
      if (logsDirectory) appendFileSync(join(logsDirectory, `${name}.log`), `${line}\n`);
      const loudness = isStopping ? 'noise' : loudnessOf(name, line);
      const isShown = loudness === 'warning' || (loudness === 'news' && !quiet);
      if (isShown && !repeats(`${name} ${gistOf(line)}`)) print(name, shorten(readable(line)));
    },
    block: (text) => write(`${text}\n`),
  };
}

type Loudness = 'noise' | 'news' | 'warning';

/** Said at every start, and nothing to worry about on one's own machine. */
const expected = /is not set: whoever can connect|repeat_interval is less than group_interval/;

/** Our services write JSON; Prometheus and its friends `level=warn`. What exporters cannot read here is no news. */
export function loudnessOf(name: string, line: string): Loudness {
  if (expected.test(line)) return 'noise';
  if (line.startsWith('{')) return loudnessOfJson(line);
  return !name.endsWith('-exporter') && /\blevel="?(warn|error|fatal|crit)/i.test(line) ? 'warning' : 'noise';
}

function loudnessOfJson(line: string): Loudness {
  try {
    const { level, msg } = JSON.parse(line) as { level?: string; msg?: string };
    if (msg === 'request') return 'noise';
    return ['warn', 'error', 'fatal'].includes(level ?? '') ? 'warning' : 'news';
  } catch {
    return 'noise';
  }
}

const quietMs = 30_000;

/** True for what was said in the last half minute already. */
function createRepeatFilter(now: () => number): (gist: string) => boolean {
  const lastSaid = new Map<string, number>();
  return (gist) => {
    const isRepeat = now() - (lastSaid.get(gist) ?? Number.NEGATIVE_INFINITY) < quietMs;
    if (lastSaid.size > 1_000) lastSaid.clear();
    lastSaid.set(gist, isRepeat ? (lastSaid.get(gist) as number) : now());
    return isRepeat;
  };
}

/** A line without what changes from time to time: the message of ours, others without their numbers. News always differ. */
function gistOf(line: string): string {
  try {
    const { level, msg } = JSON.parse(line) as { level?: string; msg?: string };
    return level === 'info' ? line : `${level} ${msg}`;
  } catch {
    return line.replace(/\d+/g, '0');
  }
}

const shorten = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
