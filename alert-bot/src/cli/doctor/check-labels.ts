import { isProtected, labelOf, labels } from '../../runtime/docker/compose-labels.ts';
import { isStoreImage } from '../../runtime/docker/image-role.ts';
import type { OptIn } from '../../runtime/docker/opt-in.ts';
import { isBot, isOfOurImage, type Survey, type Surveyed, titleOf } from '../survey.ts';
import { isOptedIn, isOptedInByName, serviceNameOf } from '../target-of-surveyed.ts';
import type { ProjectSettings } from './check-projects.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

export interface LabelSettings extends ProjectSettings, OptIn {}

/** Whether anything has opted in, in words that count, and in a project where the bot may act. */
export function checkLabels(survey: Survey, settings: LabelSettings): Finding[] {
  const containers = survey.containers.filter((one) => !isOfOurImage(one) && !isProtected(one.labels));
  const inScope = containers.filter((one) => isInScope(one, settings));
  const optedIn = inScope.filter((one) => isOptedIn(one, settings));
  const problems = unique([
    ...inScope.flatMap((one) => oddValue(one, settings)),
    ...optedIn.flatMap((one) => guardedStore(one, settings)),
  ]);
  const outside = outOfScope(findStrays(survey, containers, settings), settings);
  if (optedIn.length === 0) return [...problems, ...nothingToDo(problems, outside, settings)];
  const warnings = unique([
    ...outside,
    ...optedIn.flatMap((one) => partly(one, containers, settings)),
    ...optedIn.flatMap((one) => dependents(one, containers, settings)),
  ]);
  if (problems.length + warnings.length > 0) return [...problems, ...warnings];
  return [ok('labels', `opted in: ${[...new Set(optedIn.map(titleOf))].join(', ')}`)];
}

/** What opted in where this bot may not act, and no other bot does. */
function findStrays(survey: Survey, containers: readonly Surveyed[], settings: LabelSettings): Surveyed[] {
  const cared = new Set(
    survey.containers.filter((one) => isBot(one) && one.state === 'running').map(({ project }) => project),
  );
  return containers.filter((one) => !isInScope(one, settings) && isOptedIn(one, settings) && !cared.has(one.project));
}

/** Then what is out of reach is the trouble, or there is nothing at all. */
function nothingToDo(problems: Finding[], outside: Finding[], { optInLabel }: LabelSettings): Finding[] {
  if (outside.length > 0) return outside.map((one) => ({ ...one, level: 'problem' }));
  if (problems.length > 0) return [];
  const label = optInLabel ?? labels.enable;
  return [
    problem(
      'labels',
      'nothing has opted in, so the bot touches nothing',
      `add the label ${label}: "true" to a service, then docker compose up -d`,
    ),
  ];
}

function isInScope({ project = '-' }: Surveyed, { home, projects }: ProjectSettings): boolean {
  return project === home || projects.includes(project) || projects.includes('*');
}

/** `yes`, `1`, `on`: meant as a yes, and not taken for one. */
function oddValue(one: Surveyed, optIn: OptIn): Finding[] {
  const label = optIn.optInLabel ?? labels.enable;
  const value = labelOf(one.labels, labels.enable) ?? labelOf(one.labels, label);
  if (value === undefined || isOptedIn(one, optIn) || /^(false|no|off|0|)$/i.test(value)) return [];
  const name = labelOf(one.labels, labels.enable) === undefined ? label : labels.enable;
  return [
    problem(
      'labels',
      `${titleOf(one)} has ${name}=${value.slice(0, 40)}, which does not count as a yes`,
      `write ${name}: "true"`,
    ),
  ];
}

function outOfScope(containers: Surveyed[], { projects, home }: ProjectSettings): Finding[] {
  const names = [...new Set(containers.map(({ project = '-' }) => project))];
  if (names.length === 0) return [];
  const titles = [...new Set(containers.map(titleOf))].join(', ');
  const wanted = [...new Set([...projects, ...(projects.length > 0 || !home ? [] : [home]), ...names])].join(',');
  return [
    warning(
      'labels',
      `${titles} opted in, but the bot may not act in ${names.map((name) => (name === '-' ? 'containers without a compose project (-)' : name)).join(', ')}`,
      `set PROJECTS=${wanted}, or * for all that opted in`,
    ),
  ];
}

function guardedStore(one: Surveyed, optIn: OptIn): Finding[] {
  if (!isStoreImage(one.image) || isOptedInByName(one, optIn)) return [];
  return [
    problem(
      'labels',
      `${titleOf(one)} opted in with "true", but its image ${one.image} holds data and is protected`,
      `write its own name if you mean it: ${labels.enable}: ${serviceNameOf(one)}`,
    ),
  ];
}

/** Replicas of before the label was added. */
function partly(one: Surveyed, containers: readonly Surveyed[], optIn: OptIn): Finding[] {
  const mates = containers.filter(
    ({ project, service }) => project === one.project && service === one.service && service,
  );
  if (mates.every((mate) => isOptedIn(mate, optIn))) return [];
  return [
    warning(
      'labels',
      `${titleOf(one)} has replicas with and without the label, so that the bot leaves it alone`,
      'make them again: docker compose up -d --force-recreate',
    ),
  ];
}

/** They lose their network with the container whose they use. */
function dependents({ id, ...one }: Surveyed, containers: readonly Surveyed[], optIn: OptIn): Finding[] {
  return containers
    .filter(({ networkMode }) => networkMode === `container:${id}`)
    .filter((other) => !isOptedIn(other, optIn))
    .map((other) =>
      warning(
        'labels',
        `${titleOf(other)} uses the network of ${titleOf({ id, ...one })} and loses it when that is restarted`,
        `add the label to ${titleOf(other)} too: it is restarted after its parent`,
      ),
    );
}

const unique = (findings: Finding[]): Finding[] => [...new Map(findings.map((one) => [one.text, one])).values()];
