import { ConfigError } from '@stack/service-kit/config';
import { type FaultKind, type FaultName, faultKinds } from '../demo/faults.ts';
import { requestJson } from '../demo/http-json.ts';
import { parseTime } from '../demo/parse-time.ts';
import { findStack, firstWorker, howToStart, type StackAccess } from '../demo/stack-access.ts';
import type { FaultReport, WorkerAccess } from '../demo/workers.ts';

const names = Object.keys(faultKinds) as FaultName[];

const usage = `npm run fault: breaks the running stack on purpose; a restart of the service cures it, and so does \`off\`

  npm run fault -- KIND [VALUE] [DURATION]   DURATION like 30s or 2m; without it the fault stays
  npm run fault -- off                       ends the faults of the API and of every worker
  npm run fault -- show                      which faults are on, in the API and in every worker

${names.map(describe).join('\n')}

Example: npm run fault -- latency 400ms 2m
`;

function describe(name: FaultName): string {
  const { argument, help }: FaultKind = faultKinds[name];
  return `  ${`${name}${argument ? ` ${argument.example}` : ''}`.padEnd(18)} ${help}`;
}

export interface ParsedFault {
  kind: FaultName;
  body: Record<string, unknown>;
}

/** @throws ConfigError that says which word is wrong and what would be right */
export function parseFault([name, ...rest]: readonly string[]): ParsedFault {
  if (!names.includes(name as FaultName))
    throw new ConfigError([`There is no fault "${name}". There are: ${names.join(', ')}, and off, show.`]);
  const kind = name as FaultName;
  const { argument, body }: FaultKind = faultKinds[kind];
  const [value, duration, ...surplus] = argument ? rest : [undefined, ...rest];
  if (argument && value === undefined)
    throw new ConfigError([
      `${kind} needs ${argument.name}, for example: npm run fault -- ${kind} ${argument.example}`,
    ]);
  if (surplus.length > 0) throw new ConfigError([`Too many words: ${surplus.join(' ')}. \`--help\` shows the form.`]);
  const given = argument && value !== undefined ? parseValue(kind, argument, value) : 0;
  const durationMs = duration === undefined ? undefined : parseTime(duration);
  if (duration !== undefined && !durationMs)
    throw new ConfigError([`"${duration}" is not a duration. Say it like 30s, 2m or 1h.`]);
  return { kind, body: { ...body(given), ...(durationMs && { durationSeconds: durationMs / 1_000 }) } };
}

function parseValue(kind: string, argument: NonNullable<FaultKind['argument']>, text: string): number {
  const value = readValue(argument.kind, text);
  if (value !== undefined) return value;
  throw new ConfigError([`"${text}" is not what ${kind} takes. Say it like ${argument.example}.`]);
}

function readValue(kind: NonNullable<FaultKind['argument']>['kind'], text: string): number | undefined {
  if (kind === 'time') return parseTime(text);
  if (kind === 'count') return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  const [, number, percent] = /^(\d{1,3}(?:\.\d{1,6})?)(%)?$/.exec(text) ?? [];
  const share = Number(number) / (percent ? 100 : 1);
  return share >= 0 && share <= 1 ? share : undefined;
}

/** @throws ConfigError for the command line, Error when no stack runs or it refuses */
export async function runFault(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  const [first, ...surplus] = args;
  const isWord = first === 'off' || first === 'show';
  if (isWord && surplus.length > 0)
    throw new ConfigError([`Too many words: ${surplus.join(' ')}. \`--help\` shows the form.`]);
  const fault = isWord ? undefined : parseFault(args);
  const stack = await findStack(env);
  if (!stack) throw new Error(`No stack runs. ${howToStart}`);
  if (fault) await inject(fault, stack);
  else await askAll(first === 'off' ? 'DELETE' : 'GET', stack);
}

async function inject({ kind, body }: ParsedFault, stack: StackAccess): Promise<void> {
  const isOfWorker = faultKinds[kind].service === 'worker';
  const place = isOfWorker ? await firstWorker(stack) : apiOf(stack);
  const report = await place.faults('PUT', body);
  const isMomentary = Object.keys(report.active).length === 0;
  say(isMomentary ? `done: ${kind}, ${place.name}` : describeReport(report, place.name));
}

/** A fault hides in every replica that can have one, so each is asked. */
async function askAll(method: 'GET' | 'DELETE', stack: StackAccess): Promise<void> {
  const places = [apiOf(stack), ...(await stack.workers())];
  const answers = await Promise.all(
    places.map(({ name, faults }) =>
      faults(method).then(
        (report) => ({ name, report }),
        (error: Error) => ({ name, problem: error.message }),
      ),
    ),
  );
  for (const answer of answers)
    say(
      'problem' in answer ? `unknown: ${answer.name}: ${answer.problem}` : describeReport(answer.report, answer.name),
    );
  if (answers.some((answer) => 'problem' in answer)) throw new Error('Not everything was reached.');
}

const apiOf = ({ api }: StackAccess): WorkerAccess => ({
  name: `API at ${api}`,
  faults: (method, body) => requestJson(`${api}/faults`, { method, body, timeoutMs: 30_000 }),
});

function describeReport({ active, until }: FaultReport, name: string): string {
  const faults = Object.entries(active).map(([fault, value]) => `${fault}=${value}`);
  const end = until ? ` until ${new Date(until).toTimeString().slice(0, 8)}` : '';
  return faults.length === 0 ? `no fault: ${name}` : `on: ${faults.join(', ')}${end}, ${name}`;
}

const say = (text: string) => void process.stdout.write(`${text}\n`);
