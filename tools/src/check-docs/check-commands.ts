import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MarkdownPage } from './read-markdown.ts';

/** What the commands of the pages are held against. */
export interface Known {
  /** Scripts of the root's package.json, and of each workspace by its name. */
  scripts: ReadonlyMap<string, ReadonlySet<string>>;
  /** Of docker-compose.yml. */
  services: ReadonlySet<string>;
  /** Of a compose.yml that lies beside a page, by the page's folder: a command on that page is typed there. */
  servicesBeside?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Routes by port: `/incidents/:id`. */
  routes: ReadonlyMap<string, readonly string[]>;
  /** Subcommands of the alert bot. */
  botCommands: ReadonlySet<string>;
  exists(path: string): boolean;
}

type Check = (words: readonly string[], known: Known) => string | undefined;

const npmOwn = new Set(['ci', 'install', 'view', 'audit', 'test', 'start']);
const composeCommands = new Set([
  'up',
  'down',
  'ps',
  'logs',
  'exec',
  'restart',
  'stop',
  'start',
  'pause',
  'unpause',
  'kill',
  'rm',
  'config',
  'build',
  'run',
  'images',
  'pull',
  'port',
  'top',
  'ls',
]);
/** Those whose arguments are services, and how many: of `exec` and `run` only the first is one. */
const ofServices = new Map([
  ['ps', 99],
  ['logs', 99],
  ['restart', 99],
  ['stop', 99],
  ['start', 99],
  ['pause', 99],
  ['unpause', 99],
  ['kill', 99],
  ['exec', 1],
  ['run', 1],
]);
const dockerCommands = new Set([
  'ps',
  'inspect',
  'logs',
  'stats',
  'update',
  'run',
  'stop',
  'start',
  'restart',
  'pause',
  'unpause',
  'kill',
  'rm',
  'build',
  'volume',
  'network',
  'image',
  'images',
  'info',
  'version',
  'events',
  'exec',
  'system',
  'node',
  'service',
  'stack',
  'context',
]);

/** By program. A program that is not here is none that the pages may name without a line here. */
const checks: Readonly<Record<string, Check>> = { npm, npx, node, docker, curl, 'alert-bot': alertBot };
/** Ordinary programs of a shell: nothing of ours can go wrong in them. */
const ordinary = new Set([
  'for',
  'cp',
  'mkdir',
  'cd',
  'git',
  'sudo',
  'tail',
  'cat',
  'grep',
  'jq',
  'export',
  'echo',
  'openssl',
  'chmod',
  'sleep',
  'while',
  'do',
  'done',
  'id',
  'systemctl',
]);

/**
 * Commands that cannot work: scripts, services, files and routes that do not exist.
 * @returns one sentence for each problem, with the page's path
 */
export function findBrokenCommands(pages: ReadonlyMap<string, MarkdownPage>, known: Known): string[] {
  return [...pages].flatMap(([path, { commands }]) =>
    commands.flatMap((command) => {
      const services = known.servicesBeside?.get(dirname(path)) ?? known.services;
      const why = whyBroken(command, { ...known, services });
      return why === undefined ? [] : [`${path}: \`${command}\`: ${why}`];
    }),
  );
}

/** Why the command cannot work; undefined when it can, as far as can be told without running it. */
export function whyBroken(command: string, known: Known): string | undefined {
  for (const part of command.split(/ && |; (?:do )?| \| /)) {
    const words = splitWords(part).filter(
      (word, index, all) => !isVariable(word) || all.slice(0, index).some((w) => !isVariable(w)),
    );
    const [program = ''] = words;
    if (program === '' || program.startsWith('<') || program.startsWith('…')) continue;
    const check = Object.hasOwn(checks, program) ? checks[program] : undefined;
    const why = check ? check(words.slice(1), known) : whyUnknown(program, known);
    if (why !== undefined) return why;
  }
  return undefined;
}

const isVariable = (word: string): boolean => /^[A-Z_][A-Z0-9_]*=/.test(word);

/** Words of a shell line; quotes are taken off, and what is quoted stays one word. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''));
}

function whyUnknown(program: string, known: Known): string | undefined {
  if (ordinary.has(program)) return undefined;
  if (program.includes('/')) return known.exists(program) ? undefined : `${program} does not exist`;
  return `tools/src/check-docs/check-commands.ts has no rule for ${program}`;
}

function npm(words: readonly string[], { scripts }: Known): string | undefined {
  const before = words.slice(0, words.includes('--') ? words.indexOf('--') : undefined);
  const folder = before.includes('-w') ? (before[before.indexOf('-w') + 1] ?? '') : '';
  const [verb = '', name = ''] = before.filter((word) => !word.startsWith('-') && (folder === '' || word !== folder));
  const own = scripts.get(folder);
  if (!own) return `there is no workspace ${folder}`;
  if (verb === 'run') return own.has(name) ? undefined : `there is no script ${name}`;
  return npmOwn.has(verb) ? undefined : `npm ${verb} is not one of the commands that the pages use`;
}

function npx(words: readonly string[], { exists }: Known): string | undefined {
  const missing = words.slice(1).find((word) => /^[\w.-]+\/[\w./-]+$/.test(word) && !exists(word));
  return missing && `${missing} does not exist`;
}

function node(words: readonly string[], { exists }: Known): string | undefined {
  const file = words.find((word) => !word.startsWith('-'));
  if (file === undefined || /dist\/|</.test(file) || !file.includes('.')) return undefined;
  return exists(file) || file === 'tsx' ? undefined : `${file} does not exist`;
}

function docker(words: readonly string[], known: Known): string | undefined {
  const [verb = '', ...rest] = words;
  if (verb !== 'compose') return dockerCommands.has(verb) ? undefined : `docker ${verb} is not known here`;
  return compose(rest, known);
}

function compose(words: readonly string[], { services, exists }: Known): string | undefined {
  const rest = [...words];
  let isOurs = true;
  while (rest[0]?.startsWith('-')) {
    const option = rest.shift();
    const value = option?.includes('=') || option === '--dry-run' ? undefined : rest.shift();
    if (option === '-f' && value !== undefined) {
      if (!exists(value) && !/[<…/]/.test(value)) return `${value} does not exist`;
      isOurs &&= value.startsWith('docker-compose');
    }
    if (option === '-p' || option === '--project-name') isOurs = false;
  }
  const [verb = '', ...args] = rest;
  if (verb === '') return undefined;
  if (!composeCommands.has(verb)) return `docker compose ${verb} is not known here`;
  const most = ofServices.get(verb);
  if (most === undefined || !isOurs) return undefined;
  const missing = plainArguments(args)
    .slice(0, most)
    .find((name) => /^[a-z][\w-]*$/.test(name) && !services.has(name)); // SERVICE and <service> stand for one
  return missing && `docker-compose.yml has no service ${missing}`;
}

const withValue = new Set([
  '--since',
  '--tail',
  '-n',
  '-s',
  '--signal',
  '--timeout',
  '-t',
  '-e',
  '--env',
  '-u',
  '--user',
  '--format',
  '-w',
  '--entrypoint',
]);

function plainArguments(words: readonly string[]): string[] {
  return words.filter((word, index) => !word.startsWith('-') && !withValue.has(words[index - 1] ?? ''));
}

function curl(words: readonly string[], { routes }: Known): string | undefined {
  const address = words.find((word) => /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1):\d+(?:\/|$)/.test(word));
  if (address === undefined) return undefined;
  const { port, pathname } = new URL(address.includes('://') ? address : `http://${address}`);
  const known = routes.get(port);
  if (!known) return undefined;
  const path = decodeURIComponent(pathname);
  return known.some((route) => fits(route, path)) ? undefined : `nothing is served at ${path} on port ${port}`;
}

/** `/incidents/<id>` and `/incidents/1f2e` both are the route `/incidents/:id`. */
function fits(route: string, path: string): boolean {
  const pattern = route.replaceAll(/:[a-z]+/gi, '[^/]+');
  return new RegExp(`^${pattern}/?$`).test(path);
}

function alertBot(words: readonly string[], { botCommands }: Known): string | undefined {
  const [verb = ''] = words;
  if (verb === '' || verb.startsWith('-') || botCommands.has(verb)) return undefined;
  return `the alert bot has no command ${verb}`;
}

/** A path that a command names, from the repository's root. */
export const existsIn =
  (root: string) =>
  (path: string): boolean =>
    existsSync(join(root, path.replace(/^\.\//, '')));
