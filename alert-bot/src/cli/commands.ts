import { runMain } from '@stack/service-kit/run-main';
import { serviceVersion } from '@stack/service-kit/version';
import { createDockerAgent } from '../agent-service.ts';
import { loadAgentConfig, loadAlertBotConfig } from '../config.ts';
import { createService } from '../service.ts';
import { checkRunbooks } from './check-runbooks.ts';
import { simulateFile } from './simulate-file.ts';

const usage = `alert-bot ${serviceVersion}: takes alerts, repairs containers, verifies that it helped, records every step

  alert-bot                           the bot itself; README.md lists its variables
  alert-bot agent                     the role that holds the Docker socket, for RUNTIME=agent
  alert-bot simulate FILE [RUNBOOKS]  what would happen to the alerts in FILE (a webhook body; - for standard input), and why; touches nothing
  alert-bot check-runbooks [RUNBOOKS] is this file usable? (default: RUNBOOKS_PATH, else runbooks.yml, else what is built in)
  alert-bot init [PART]               the files for this machine: compose service, runbooks that only watch, Alertmanager route
  alert-bot doctor [--json]           is everything there that the bot needs? what is wrong, and how to mend it
  alert-bot --help | --version        (init and doctor have a --help of their own)

Exit codes: 0 good, 1 failed, 2 the configuration, the runbooks or the command line are not usable.
`;

/** Runs what the command line asks for; resolves to the exit code, or to undefined when a service runs on. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const [command, ...rest] = args;
  const defaultRunbooks = env['RUNBOOKS_PATH'] || undefined;
  if (command === undefined) return serve(() => createService(loadAlertBotConfig(env)));
  if (command === 'agent' && rest.length === 0) return serve(() => createDockerAgent(loadAgentConfig(env)));
  if (command === 'simulate' && rest[0] !== undefined && rest.length <= 2)
    return simulateFile(rest[0], rest[1] ?? defaultRunbooks, env);
  if (command === 'check-runbooks' && rest.length <= 1) return checkRunbooks(rest[0] ?? defaultRunbooks);
  if (command === 'init') return runInit(rest, env);
  if (command === 'doctor') return runDoctor(rest, env);
  if (command === '--help' || command === '-h') return say(usage, 0);
  if (command === '--version') return say(`${serviceVersion}\n`, 0);
  return notUnderstood(args, usage);
}

/** Loaded when they are asked for: the bot itself starts without them. */
async function runInit(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { init, initUsage, parseInit } = await import('./init.ts');
  if (asksForHelp(args)) return say(initUsage, 0);
  const wish = parseInit(args);
  return wish ? init(wish, env) : notUnderstood(['init', ...args], initUsage);
}

async function runDoctor(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { doctor, doctorUsage } = await import('./doctor.ts');
  if (asksForHelp(args)) return say(doctorUsage, 0);
  if (args.some((arg) => arg !== '--json')) return notUnderstood(['doctor', ...args], doctorUsage);
  return doctor(args, env);
}

const asksForHelp = (args: readonly string[]): boolean => args.includes('--help') || args.includes('-h');

function notUnderstood(args: readonly string[], help: string): number {
  process.stderr.write(`alert-bot does not understand: ${args.join(' ')}\n\n${help}`);
  return 2;
}

async function serve(create: Parameters<typeof runMain>[0]['create']): Promise<undefined> {
  await runMain({ create });
}

function say(text: string, code: number): number {
  process.stdout.write(text);
  return code;
}
