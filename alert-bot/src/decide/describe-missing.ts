import type { Observation } from '../runtime/runtime.ts';
import { parseTarget, plainProject } from '../targets/target-name.ts';

const mostNamed = 8;

/** Why there is nothing to act on, for a person: where was looked, and what is there. */
export function describeMissing(text: string, { project: home, projects = [], services }: Observation): string {
  const project = parseTarget(text, home)?.project ?? home;
  const looked = [...new Set([home, ...projects])];
  if (!looked.includes(project) && !looked.includes('*'))
    return `no container of ${text}: the project ${project} is not one that is looked at (${list(looked)})`;
  const there = [...services.values()].filter((one) => one.project === project).map(({ service }) => service);
  const where = project === plainProject ? 'outside of compose projects' : `in the project ${project}`;
  // what only the star lets in is looked at when it has opted in
  const which = looked.includes(project) ? '' : ' that opted in';
  return there.length === 0
    ? `no container of ${text}: there is none${which} ${where}`
    : `no container of ${text}: those${which} ${where} are of ${list(there)}`;
}

function list(names: readonly string[]): string {
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : '';
  return `${names.slice(0, mostNamed).join(', ')}${more}`.slice(0, 300);
}
