/** The containers that are not part of any compose project (`docker run`). No compose project can have this name. */
export const plainProject = '-';

/** One compose service of one project, or one plain container: its project is then `-`. */
export interface TargetParts {
  project: string;
  service: string;
}

/**
 * A target as log lines, messages and the API name it. `target` is its text: the key of everything that is remembered of it.
 * `project` is absent where the home project was not known yet.
 */
export interface TargetName {
  target: string;
  project?: string | undefined;
  service: string;
}

/** A target whose project is known. */
export interface NamedTarget extends TargetParts {
  target: string;
}

/** As lines of the log have it that may say nothing of a target. */
export type MaybeTargetName = { [K in keyof TargetName]?: TargetName[K] | undefined };

/** What a segment of a target's text may be: there is no slash in it, so that no two targets have the same text. */
const projectPattern = /^[A-Za-z0-9][\w.-]{0,199}$/;
const servicePattern = /^(?!\.{1,2}$)[\w.-]{1,200}$/;

export const isProjectName = (name: string): boolean => name === plainProject || projectPattern.test(name);
export const isServiceName = (name: string): boolean => servicePattern.test(name);

/** Undefined when `text` is no target's text. A bare service belongs to `home`, which is empty while it is not known. */
export function parseTarget(text: string, home = ''): TargetParts | undefined {
  const slash = text.indexOf('/');
  const project = slash < 0 ? home : text.slice(0, slash);
  const service = text.slice(slash + 1);
  if (slash >= 0 && !isProjectName(project)) return undefined;
  return isServiceName(service) ? { project, service } : undefined;
}

/** `service` in the home project, `project/service` in any other, `-/name` for a plain container. */
export const printTarget = ({ project, service }: TargetParts, home: string | undefined): string =>
  project === '' || (project === home && project !== plainProject) ? service : `${project}/${service}`;

/** One text for one target: `home/api` and `api` are the same. What is no target's text is left as it is. */
export function normalTarget(text: string, home: string | undefined): string {
  const target = parseTarget(text, home);
  return target ? printTarget(target, home) : text;
}

/** The names of the target with this text. */
export function nameTarget(text: string, home: string | undefined): TargetName {
  const { project, service } = parseTarget(text, home) ?? { project: '', service: text };
  return project === '' ? { target: text, service } : { target: text, project, service };
}

/** The target's three names, and nothing else of what `of` has. */
export const targetNameOf = ({ target, project, service }: TargetName): TargetName =>
  project === undefined ? { target, service } : { target, project, service };
