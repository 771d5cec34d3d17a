import { parseArgs } from 'node:util';
import { ConfigError } from '@stack/service-kit/config';
import { type ScenarioName, scenarioNames, scenarios } from './scenarios.ts';

export interface DemoOptions {
  stories: ScenarioName[];
  /** The timings of a local stack; one that runs with others is left alone. `any` takes what runs. */
  timing: 'any' | 'fast' | 'real';
  /** A local stack for the time of the demo, whatever runs. */
  own: boolean;
  json: boolean;
  report?: string;
  perSecond: number;
  help: boolean;
}

export const demoUsage = `npm run demo: breaks the stack on purpose and shows how it heals itself

It uses the stack that runs (docker compose, or npm start), else it starts a local one of its own for the time of the demo.

  npm run demo                       the slow API, then the backlog
  npm run demo -- --fault KIND       one fault; may be repeated:
${scenarioNames.map((name) => `                                       ${name.padEnd(9)} ${scenarios[name].title}`).join('\n')}
  npm run demo -- --fast             rules and runbooks with seconds instead of minutes
  npm run demo -- --real             the timings that are shipped (minutes)
  npm run demo -- --own              starts a local stack of its own, whatever runs
  npm run demo -- --report out.html  a page with the plots and the timeline, to show to others
  npm run -s demo -- --json          the result as JSON on standard output, the story on standard error
  npm run demo -- --rate 20          requests per second (default 20)

Without --fast and --real it takes the timings of the stack that runs; its own stack is fast. A compose stack keeps its timings:
with the shipped ones the two faults take about six minutes.
Exit codes: 0 everything healed, 1 something did not, 2 the command line or the stack is not usable.
`;

/** @throws ConfigError when the command line is not understood */
export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const values = readArgs(args);
  const problems: string[] = [];
  const stories = values.fault ?? ['latency', 'backlog'];
  for (const name of stories)
    if (!scenarioNames.includes(name as ScenarioName))
      problems.push(
        `--fault: must be one of ${scenarioNames.join(', ')}, not "${name}". Other faults (npm run fault -- --help) lead to no repair.`,
      );
  const perSecond = Number(values.rate ?? '20');
  if (!(perSecond >= 1 && perSecond <= 500))
    problems.push(`--rate: must be a number from 1 to 500, not "${values.rate}".`);
  if (values.fast && values.real) problems.push('--fast and --real exclude each other.');
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    stories: stories as ScenarioName[],
    own: values.own ?? false,
    timing: values.fast ? 'fast' : values.real ? 'real' : 'any',
    json: values.json ?? false,
    ...(values.report !== undefined && { report: values.report }),
    perSecond,
    help: values.help ?? false,
  };
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        fault: { type: 'string', multiple: true },
        fast: { type: 'boolean' },
        real: { type: 'boolean' },
        own: { type: 'boolean' },
        json: { type: 'boolean' },
        report: { type: 'string' },
        rate: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new ConfigError([`${(error as Error).message.split('.')[0]}. \`npm run demo -- --help\` lists the options.`]);
  }
}
