import { plainProject } from '../../targets/target-name.ts';
import { isBotImage, labelOf, labels } from './compose-labels.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';
import { inspectAll } from './inspect-all.ts';
import { commandOf } from './own-container.ts';
import { isInScope, type ListedTarget, onlyProject, type ProjectScope } from './project-scope.ts';
import { isServiceOptedIn } from './protection.ts';

export interface OtherBots {
  /**
   * The container of an older bot that acts on the target, by name. Two bots would repair each other's repairs, so the younger
   * one only observes there.
   * @param all the containers of the whole engine, where the caller has them
   */
  look(scope: ProjectScope, all: readonly ContainerSummary[]): Promise<(target: ListedTarget) => string | undefined>;
}

interface OtherBot {
  name: string;
  scope: ProjectScope;
}

/** Bots come and go seldom, and the list of the whole engine may be long. */
const lookAgainMs = 10_000;

/** What the image also runs: its agent, and commands that end. */
const notTheBot = new Set(['agent', 'doctor', 'init', 'simulate', 'check-runbooks', '--help', '-h', '--version']);

/** @param now milliseconds of a clock that never goes back */
export function createOtherBots(engine: DockerEngine, now: () => number): OtherBots {
  let last: { at: number; bots: OtherBot[] } | undefined;
  return {
    look: async (scope, all) => {
      if (last === undefined || now() - last.at >= lookAgainMs) {
        // what the engine, or a proxy before it, does not tell must not keep the only bot from its work
        const bots = await findOlderBots(engine, scope, all).catch(() => []);
        last = { at: now(), bots };
      }
      const { bots } = last;
      return (target) => bots.find((bot) => actsOn(bot, target))?.name;
    },
  };
}

/** In its projects, and opted in by its own label. */
const actsOn = ({ scope }: OtherBot, target: ListedTarget): boolean =>
  isInScope(scope, target.project) && isServiceOptedIn(scope, target, target.listed);

async function findOlderBots(
  engine: DockerEngine,
  scope: ProjectScope,
  all: readonly ContainerSummary[],
): Promise<OtherBot[]> {
  const { ownContainerId } = scope;
  if (ownContainerId === undefined) return []; // which of two is the older one cannot be known
  const whole = onlyProject(scope) === undefined ? all : await engine.listContainers();
  const candidates = whole.filter(
    ({ Id, State, ...one }) => Id !== ownContainerId && State === 'running' && isOurs(one, scope),
  );
  if (candidates.length === 0) return [];
  const seen = await inspectAll(engine, [{ Id: ownContainerId }, ...candidates]);
  const own = seen.get(ownContainerId);
  if (!own) return [];
  return [...seen.values()]
    .filter((other) => other !== own && isActingBot(other, own) && isOlder(other, own))
    .map((other) => ({ name: other.Name.replace(/^\//, ''), scope: scopeOf(other, scope) }));
}

const isOurs = (
  { Labels, ImageID }: Pick<ContainerSummary, 'Labels' | 'ImageID'>,
  { ownImageId }: ProjectScope,
): boolean => isBotImage(Labels) || isCalledBot(Labels) || (ImageID !== undefined && ImageID === ownImageId);

/** For an image of one's own. */
const isCalledBot = (of: ContainerSummary['Labels']): boolean => labelOf(of, labels.role) === 'bot';

/**
 * It runs the bot and not a shell in its image, holds the socket of the same engine, and is well: one that does not repair
 * must never keep another one from it.
 */
function isActingBot(other: ContainerInspect, own: ContainerInspect): boolean {
  const { State, Config } = other;
  if (State.Status !== 'running' || State.Health?.Status === 'unhealthy') return false;
  const command = commandOf(other);
  if (command.some((word) => notTheBot.has(word))) return false;
  const isSame = command.join('\0') === commandOf(own).join('\0');
  if (!isSame && !isCalledBot(Config.Labels) && !/(?:^|\/)alert-bot$/.test(command.at(-1) ?? '')) return false;
  const env = readEnv(other);
  return (env.get('RUNTIME') || 'docker') === 'docker' && engineOf(env) === engineOf(readEnv(own));
}

/** Which of two was there first, the same for both of them. */
function isOlder(other: ContainerInspect, own: ContainerInspect): boolean {
  const aheadMs = Date.parse(own.Created) - Date.parse(other.Created);
  return aheadMs > 0 || (aheadMs === 0 && other.Id < own.Id);
}

/** Where the other bot acts, by its variables and its labels. */
function scopeOf(other: ContainerInspect, own: ProjectScope): ProjectScope {
  const env = readEnv(other);
  return {
    ...own,
    home: env.get('COMPOSE_PROJECT') || labelOf(other.Config.Labels, labels.project) || plainProject,
    projects: (env.get('PROJECTS') ?? '').split(/[\s,]+/).filter(Boolean),
    optInLabel: env.get('OPT_IN_LABEL') || undefined,
  };
}

/** A socket is that of this engine, wherever it is mounted; a name may be that of another one. */
function engineOf(env: ReadonlyMap<string, string>): string {
  const host = env.get('DOCKER_HOST') ?? '';
  return host.startsWith('unix:') ? '' : host;
}

const readEnv = ({ Config }: ContainerInspect): Map<string, string> =>
  new Map((Config.Env ?? []).map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]));
