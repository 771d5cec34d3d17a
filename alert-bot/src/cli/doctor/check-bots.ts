import type { DockerEngine } from '../../runtime/docker/docker-engine.ts';
import { isBot, isImage, type Survey, type Surveyed } from '../survey.ts';
import { type Finding, ok, problem } from './finding.ts';

interface Bot {
  name: string;
  scope: Set<string>;
}

/** Two healers of one container repair each other's repairs. */
export async function checkBots(engine: DockerEngine, { containers }: Survey): Promise<Finding[]> {
  const running = containers.filter(({ state }) => state === 'running');
  const others = running.filter((one) => isImage(one, 'autoheal', 'docker-autoheal'));
  const bots = await Promise.all(running.filter(isBot).map((one) => readBot(engine, one)));
  const findings = [...findOverlaps(bots.filter((bot) => bot !== undefined)), ...others.map(otherHealer)];
  return findings.length > 0 ? findings : [ok('bots', 'no other healer of the same containers')];
}

async function readBot(engine: DockerEngine, { id, name, project }: Surveyed): Promise<Bot | undefined> {
  const seen = await engine.inspect(id).catch(() => undefined);
  if (!seen) return undefined;
  const env = new Map((seen.Config.Env ?? []).map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]));
  if (env.get('RUNTIME') === 'dry-run') return undefined;
  const home = env.get('COMPOSE_PROJECT') || project;
  const named = (env.get('PROJECTS') ?? '').split(/[\s,]+/).filter(Boolean);
  return { name, scope: new Set([...(home ? [home] : []), ...named]) };
}

function findOverlaps(bots: Bot[]): Finding[] {
  return bots.flatMap((one, index) =>
    bots.slice(index + 1).flatMap((other) => {
      const shared = [...one.scope].filter((project) => other.scope.has(project));
      const all = one.scope.has('*') || other.scope.has('*');
      if (shared.length === 0 && !all) return [];
      const where = all ? 'the same projects' : shared.join(', ');
      return [
        problem(
          'bots',
          `the bots ${one.name} and ${other.name} both act in ${where}`,
          'stop one of them, or give them different PROJECTS',
        ),
      ];
    }),
  );
}

const otherHealer = ({ name, image }: Surveyed): Finding =>
  problem(
    'bots',
    `${name} (${image}) restarts unhealthy containers too, so they are restarted twice`,
    `stop it: docker stop ${name}; docs/your-own-project.md has its settings beside ours`,
  );
