import { isBot, type Survey, type Surveyed } from '../survey.ts';
import { type Finding, ok, problem } from './finding.ts';

export interface ProjectSettings {
  /** Its own compose project, or COMPOSE_PROJECT. */
  home: string | undefined;
  /** PROJECTS. */
  projects: readonly string[];
}

/** Whether the projects in which the bot may act are there, and are one project each. */
export function checkProjects({ containers }: Survey, { home, projects }: ProjectSettings): Finding[] {
  const there = [...new Set(containers.flatMap(({ project }) => project ?? []))].sort();
  if (home === undefined && projects.length === 0) return [unknownScope(containers, there)];
  const wanted = [...new Set([...(home ? [home] : []), ...projects])].filter((name) => name !== '*' && name !== '-');
  const findings = [
    ...wanted.flatMap((name) => (there.includes(name) ? [] : [missing(name, there, name === home)])),
    ...wanted.flatMap((name) => twoFolders(name, containers)),
  ];
  if (findings.length > 0) return findings;
  return [ok('projects', projects.includes('*') ? `all that opted in (${there.length} there)` : wanted.join(', '))];
}

/** Nothing is set here: perhaps because this is not the bot's own container. */
function unknownScope(containers: readonly Surveyed[], there: string[]): Finding {
  const bot = containers.find((one) => isBot(one) && one.state === 'running');
  if (bot)
    return problem(
      'projects',
      `this container knows nothing of the settings of the bot ${bot.name}`,
      `ask there: docker exec ${bot.name} alert-bot doctor`,
    );
  return problem(
    'projects',
    'the bot does not know in which project it may act: it is in none itself, and none is named',
    `set PROJECTS to ${there.length > 0 ? `some of ${there.join(',')}, or to` : ''} * for all that opted in`,
  );
}

const missing = (name: string, there: string[], isHome: boolean): Finding =>
  problem(
    'projects',
    `there is no project ${name} on this engine`,
    `${isHome ? 'COMPOSE_PROJECT' : 'PROJECTS'} must name projects as docker compose ls does: ${there.join(', ') || 'there is none'}`,
  );

/** Two clones in folders of one name are one project for compose: the second takes over the containers of the first. */
function twoFolders(name: string, containers: readonly Surveyed[]): Finding[] {
  const folders = [
    ...new Set(containers.filter(({ project }) => project === name).flatMap(({ folder }) => folder ?? [])),
  ];
  if (folders.length < 2) return [];
  return [
    problem(
      'projects',
      `the project ${name} has containers from ${folders.join(' and ')}, so each of these clones replaces the containers of the other`,
      `give one of them a name of its own: COMPOSE_PROJECT_NAME in its .env`,
    ),
  ];
}
