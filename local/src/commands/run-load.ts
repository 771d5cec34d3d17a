import { parseArgs } from 'node:util';
import { systemClock } from '@stack/service-kit/clock';
import { ConfigError } from '@stack/service-kit/config';
import { parseTime } from '../demo/parse-time.ts';
import { findStack, howToStart } from '../demo/stack-access.ts';
import { startTraffic, type TrafficView } from '../demo/traffic.ts';

const usage = `npm run load: steady requests to the API of the running stack, two thirds reads and one third writes

  npm run load                       20 requests per second, until Ctrl-C
  npm run load -- --rate 100         so many per second, 1 to 2000
  npm run load -- --for 2m           for so long
  npm run load -- --api URL          another API

Requests are sent on time whatever the answers do, so a slow API shows. Exit code 1 when no request was answered.
`;

export interface LoadOptions {
  rate: number;
  forMs?: number;
  api?: string;
}

/** @throws ConfigError when the command line is not understood */
export function parseLoadOptions(args: readonly string[]): LoadOptions {
  const values = readArgs(args);
  const rate = Number(values.rate ?? '20');
  if (!(rate >= 1 && rate <= 2_000))
    throw new ConfigError([`--rate: must be a number from 1 to 2000, not "${values.rate}".`]);
  const forMs = values.for === undefined ? undefined : parseTime(values.for);
  if (values.for !== undefined && !forMs)
    throw new ConfigError([`--for: "${values.for}" is not a duration. Say it like 30s, 2m or 1h.`]);
  if (values.api !== undefined && !/^https?:\/\//.test(values.api))
    throw new ConfigError([`--api: must be an address like http://localhost:8000, not "${values.api}".`]);
  return { rate, ...(forMs && { forMs }), ...(values.api && { api: values.api.replace(/\/+$/, '') }) };
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { rate: { type: 'string' }, for: { type: 'string' }, api: { type: 'string' } },
    }).values;
  } catch (error) {
    throw new ConfigError([`${(error as Error).message.split('.')[0]}. \`npm run load -- --help\` lists the options.`]);
  }
}

const reportEveryMs = 5_000;

/** @throws ConfigError for the command line, Error when no stack runs or nothing was answered */
export async function runLoad(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  const { rate, forMs = Number.POSITIVE_INFINITY, api: given } = parseLoadOptions(args);
  const api = given ?? (await findStack(env))?.api;
  if (!api) throw new Error(`No stack runs. ${howToStart}`);
  process.stdout.write(`${rate} requests per second to ${api}${Number.isFinite(forMs) ? '' : ', until Ctrl-C'}\n`);
  const traffic = startTraffic({ api, perSecond: rate });
  const begun = Date.now();
  while (!signal.aborted && Date.now() - begun < forMs) {
    const left = forMs - (Date.now() - begun);
    await systemClock.sleep(Math.min(reportEveryMs, left), signal);
    process.stdout.write(`${new Date().toTimeString().slice(0, 8)}  ${describe(traffic.look(reportEveryMs))}\n`);
  }
  const totals = traffic.totals();
  await traffic.stop();
  const parts = Object.entries(totals).map(
    ([status, count]) => `${count} × ${status === 'none' ? 'no answer' : status}`,
  );
  process.stdout.write(`total: ${parts.join(', ') || 'nothing'}\n`);
  if (!Object.keys(totals).some((status) => status !== 'none')) throw new Error(`${api} answered nothing.`);
}

/** An answer with an error is an answer; what was not answered in time is none. */
function describe({ requests, failed, unanswered, p50, p95 }: TrafficView): string {
  const ms = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(1)} ms`);
  const counts = `${requests - failed} ok, ${failed - unanswered} errors, ${unanswered} without an answer`;
  return `${counts}, p50 ${ms(p50)}, p95 ${ms(p95)}`;
}
