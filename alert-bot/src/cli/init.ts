import { ConfigError } from '@stack/service-kit/config';
import { createDockerEngine } from '../runtime/docker/docker-engine.ts';
import { EngineError, EngineUnreachable } from '../runtime/docker/engine-error.ts';
import { type InitPlan, planInit } from './init/plan-init.ts';
import { renderCompose } from './init/render-compose.ts';
import { renderRoute } from './init/render-route.ts';
import { renderRunbooks } from './init/render-runbooks.ts';
import { surveyEngine } from './survey.ts';

export const initUsage = `alert-bot init [compose|runbooks|route] [--projects NAMES]: the files for this machine, made from what runs on it; changes nothing

  docker run --rm --user 0:1000 -v /var/run/docker.sock:/var/run/docker.sock IMAGE init           all three, to read
  docker run --rm … IMAGE init compose > compose.yml                                              the bot's service
  docker run --rm … IMAGE init runbooks > alert-bot/runbooks.yml                                  runbooks that only watch
  docker run --rm … IMAGE init route                                                              for alertmanager.yml

  --projects NAMES  compose projects, with commas between them, or * for all that opted in
                    (default: those in which something opted in, else all)

Exit codes: 0 printed, 1 the engine cannot be looked at, 2 the command line is not usable.
`;

const defaultImage = 'observability-stack/alert-bot:0.1.0';
const parts = ['compose', 'runbooks', 'route'] as const;
type Part = (typeof parts)[number];

/** What `init` is asked for; undefined when the command line is not usable. */
export function parseInit(args: readonly string[]): { part?: Part; projects?: string[] } | undefined {
  const rest = [...args];
  const at = rest.findIndex((arg) => arg === '--projects' || arg.startsWith('--projects='));
  let projects: string[] | undefined;
  if (at >= 0) {
    const [flag = '', next] = rest.splice(at, rest[at] === '--projects' ? 2 : 1);
    const value = flag.includes('=') ? flag.split(/=(.*)/s)[1] : next;
    projects = (value ?? '').split(',').filter(Boolean);
    if (projects.length === 0) return undefined;
  }
  const [part] = rest;
  if (rest.length > 1 || (part !== undefined && !parts.includes(part as Part))) return undefined;
  return { ...(part !== undefined && { part: part as Part }), ...(projects && { projects }) };
}

/** Prints the files. Resolves to the exit code. */
export async function init(wish: NonNullable<ReturnType<typeof parseInit>>, env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const engine = createDockerEngine({
      dockerHost: env['DOCKER_HOST'] || 'unix:///var/run/docker.sock',
      tlsVerify: env['DOCKER_TLS_VERIFY'] || undefined,
      certPath: env['DOCKER_CERT_PATH'] || undefined,
    });
    const plan = planInit(await surveyEngine(engine), { projects: wish.projects, defaultImage });
    process.stdout.write(wish.part ? render(wish.part, plan) : renderAll(plan));
    return 0;
  } catch (error) {
    if (!(error instanceof EngineError || error instanceof EngineUnreachable || error instanceof ConfigError))
      throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function render(part: Part, plan: InitPlan): string {
  if (part === 'compose') return renderCompose(plan);
  return part === 'runbooks' ? renderRunbooks(plan) : renderRoute();
}

const renderAll = (plan: InitPlan): string =>
  [
    `# ===== compose.yml: a project of its own, or the service pasted into yours (alert-bot init compose)\n${renderCompose(plan)}`,
    `# ===== alert-bot/runbooks.yml (alert-bot init runbooks)\n${renderRunbooks(plan)}`,
    `# ===== alertmanager.yml, when there is one (alert-bot init route)\n${renderRoute()}`,
  ].join('\n');
