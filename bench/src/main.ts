import { type BenchOptions, parseOptions, usage } from './options.ts';
import type { Part } from './part.ts';
import { parts, selectParts } from './parts.ts';
import { createProgress } from './progress.ts';
import { refusalFor } from './requirements.ts';
import { loadResults, type Results, saveResults } from './results.ts';
import { runPart } from './run-parts.ts';
import { terminalTable } from './terminal-table.ts';
import { toolNodePath } from './tool-node.ts';
import { writeTables } from './write-tables.ts';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(130); // a second time: at once
    stopping.abort(new Error('stopped'));
  });

/** Exit codes: 0 measured, 1 failed, 2 wrong arguments or something missing, 130 stopped by Ctrl-C. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return print(usage);
  if (options.list) return print(listing());
  if (options.tables) return writeTables(await loadResults()).then(() => 0);
  const selected = selectParts(options.names);
  const refusal = await refusalFor([...new Set(selected.flatMap(({ needs }) => needs))]);
  if (refusal !== undefined) {
    console.error(refusal);
    return 2;
  }
  return measure(selected, options);
}

async function measure(selected: readonly Part[], { rounds, write }: BenchOptions): Promise<number> {
  const progress = createProgress(process.stderr);
  const results = await loadResults();
  for (const [index, part] of selected.entries()) {
    const prefix = `[${index + 1}/${selected.length}] ${part.name}: `;
    results[part.name] = await runPart(part, {
      rounds,
      node: toolNodePath(),
      signal: stopping.signal,
      progress: (text) => progress.show(prefix + text),
    }).finally(() => progress.clear());
    print(terminalTable(part.title, results[part.name] as Results[string]));
    if (write) await save(results);
  }
  return 0;
}

/** After each part: what was measured is not lost when a later one fails. */
async function save(results: Results): Promise<void> {
  const ordered = parts.flatMap(({ name }) => (results[name] ? [[name, results[name]] as const] : []));
  await saveResults(Object.fromEntries(ordered));
  await writeTables(await loadResults());
}

const listing = () =>
  `${parts.map(({ name, title, needs }) => `${name.padEnd(20)}${title}\n${' '.repeat(20)}needs ${needs.map((need) => need.name).join('; ')}`).join('\n')}\n`;

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    const isArguments = /^--|^There is no part|Unknown option|Unexpected argument/.test(error.message);
    console.error(
      stopping.signal.aborted
        ? 'stopped; parts that were finished are kept'
        : isArguments
          ? `${error.message}\nnpm run bench -- --help`
          : error.stack,
    );
    process.exit(stopping.signal.aborted ? 130 : isArguments ? 2 : 1);
  },
);
