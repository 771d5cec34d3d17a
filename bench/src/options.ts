import { parseArgs } from 'node:util';

export interface BenchOptions {
  help: boolean;
  list: boolean;
  /** Parts asked for; all when empty. */
  names: string[];
  rounds: number;
  /** Whether results.json and the tables of the READMEs are rewritten. */
  write: boolean;
  /** Only write the tables again from results.json; nothing is measured. */
  tables: boolean;
}

export const usage = `Usage: npm run bench [-- [part …] [options]]

Measures what the README says about speed: each of our parts beside its references, in interleaved rounds.
Without a part all are measured, one after the other, in about ten minutes. Leave the machine alone meanwhile.

Options:
  --list          the parts, one line each, and what they need
  --rounds N      rounds of each contender (default 5); more rounds, narrower spread
  --no-write      only print; leave bench/results.json and the tables of the READMEs as they are
  --tables        write the tables again from bench/results.json; measures nothing
  --help          this text

BENCH_NODE=/path/to/node runs all contenders on another Node than the images' version.
`;

/** @throws Error that says what is wrong with the arguments */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      list: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      'no-write': { type: 'boolean', default: false },
      tables: { type: 'boolean', default: false },
    },
  });
  if (!/^[1-9]\d?$/.test(values.rounds))
    throw new Error(`--rounds must be a number from 1 to 99, not ${values.rounds}`);
  const { help, list, tables } = values;
  return { help, list, tables, names: positionals, rounds: Number(values.rounds), write: !values['no-write'] };
}
