import { ConfigError } from '@stack/service-kit/config';
import { type FaultKind, type FaultName, faultKinds } from '../demo/faults.ts';
import { requestJson } from '../demo/http-json.ts';
import { parseTime } from '../demo/parse-time.ts';
import { findStack, howToStart } from '../demo/stack-access.ts';

const names = Object.keys(faultKinds) as FaultName[];

const usage = `npm run fault: breaks the running stack on purpose; a restart of the service cures it, and so does \`off\`

  npm run fault -- KIND [VALUE] [DURATION]   DURATION like 30s or 2m; without it the fault stays
  npm run fault -- off                       ends the faults of the API and of the first worker
  npm run fault -- show                      which faults of the API are on

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
  const [first] = args;
  const fault = first === 'off' || first === 'show' ? undefined : parseFault(args);
  const stack = await findStack(env);
  if (!stack) throw new Error(`No stack runs. ${howToStart}`);
  if (fault && faultKinds[fault.kind].service === 'worker') {
    await stack.breakWorker(fault.body);
    return say(`on: ${fault.kind}, in the first worker of ${stack.kind === 'local' ? 'the local stack' : 'compose'}`);
  }
  if (first === 'off') await stack.breakWorker({}).catch(() => undefined); // one that is down has none
  const method = first === 'off' ? 'DELETE' : first === 'show' ? 'GET' : 'PUT';
  const report = await requestJson<{ active: object; until: string | null }>(`${stack.api}/faults`, {
    method,
    ...(fault && { body: fault.body }),
    timeoutMs: 30_000,
  });
  const active = Object.entries(report.active).map(([name, value]) => `${name}=${value}`);
  const isMomentary = fault?.kind === 'burst' || fault?.kind === 'crash';
  if (isMomentary) return say(`done: ${fault.kind}, at ${stack.api}`);
  const until = report.until ? ` until ${new Date(report.until).toTimeString().slice(0, 8)}` : '';
  say(active.length === 0 ? `no fault is on at ${stack.api}` : `on: ${active.join(', ')}${until}, at ${stack.api}`);
}

const say = (text: string) => void process.stdout.write(`${text}\n`);
