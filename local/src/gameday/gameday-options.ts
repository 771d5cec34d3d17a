import { parseArgs } from 'node:util';
import { ConfigError } from '@stack/service-kit/config';
import { type ExerciseName, exerciseNames, exercises } from './exercises.ts';

export interface GamedayOptions {
  names: ExerciseName[];
  /** `any` takes the stack that runs; `fast` and `real` insist on these timings. */
  timing: 'any' | 'fast' | 'real';
  /** A local stack beside whatever runs. */
  own: boolean;
  perSecond: number;
  out?: string;
  list: boolean;
  help: boolean;
}

export const gamedayUsage = `npm run gameday: every fault in turn, under steady traffic: is it seen, repaired and proven, or handed to a person?

It uses the stack that runs (docker compose, or npm start) with the timings that it has, else it starts a local one of its own with
seconds for minutes. It breaks what it runs on: not for a stack that somebody needs.

  npm run gameday                       all of it; about ten minutes on a stack of its own
  npm run gameday -- --only KIND,KIND   some of it
  npm run gameday -- --list             the faults and how each is meant to end
  npm run gameday -- --fast             insists on seconds for minutes
  npm run gameday -- --shipped          insists on the shipped timings (up to an hour)
  npm run gameday -- --own              a local stack beside the one that runs
  npm run gameday -- --rate 20          requests per second (default 20)
  npm run gameday -- --out DIR          where gameday.md, gameday.json and gameday.html go (default: .local/gameday)

Ctrl-C ends the fault that is on, and writes the report of what was done.
Exit codes: 0 every fault ended as intended, 1 one did not, 2 the command line or the stack is not usable, 130 interrupted.
`;

/** @throws ConfigError when the command line is not understood */
export function parseGamedayOptions(args: readonly string[]): GamedayOptions {
  const values = readArgs(args);
  const problems: string[] = [];
  const asked = (values.only ?? []).flatMap((text) => text.split(',')).filter(Boolean);
  const strange = asked.filter((name) => !exerciseNames.includes(name as ExerciseName));
  for (const name of strange) problems.push(`--only: must be one of ${exerciseNames.join(', ')}, not "${name}".`);
  if (values.only && asked.length === 0) problems.push('--only: names at least one fault; --list shows them.');
  const perSecond = Number(values.rate ?? '20');
  if (!(perSecond >= 1 && perSecond <= 500))
    problems.push(`--rate: must be a number from 1 to 500, not "${values.rate}".`);
  if (values.fast && values.shipped) problems.push('--fast and --shipped exclude each other.');
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    names: asked.length > 0 ? exerciseNames.filter((name) => asked.includes(name)) : exerciseNames,
    timing: values.fast ? 'fast' : values.shipped ? 'real' : 'any',
    own: values.own ?? false,
    perSecond,
    ...(values.out !== undefined && { out: values.out }),
    list: values.list ?? false,
    help: values.help ?? false,
  };
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        list: { type: 'boolean' },
        fast: { type: 'boolean' },
        shipped: { type: 'boolean' },
        own: { type: 'boolean' },
        rate: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new ConfigError([
      `${(error as Error).message.split('.')[0]}. \`npm run gameday -- --help\` lists the options.`,
    ]);
  }
}

/** What `--list` prints. */
export function listExercises(): string {
  const rows = exerciseNames.map((name) => {
    const { title, alerts, expected } = exercises[name];
    const ending = typeof expected === 'string' ? expected : 'healed (without Docker: comes back)';
    return [name, title, alerts.length > 0 ? alerts.join(' or ') : 'no alert needed', ending];
  });
  const widths = [0, 1, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([name = '', title = '', alerts, ending = '']) =>
      [name.padEnd(widths[0] ?? 0), title.padEnd(widths[1] ?? 0), ending.padEnd(widths[2] ?? 0), alerts].join('  '),
    )
    .join('\n');
}
