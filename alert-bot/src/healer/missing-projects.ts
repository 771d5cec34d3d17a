import type { Observation } from '../runtime/runtime.ts';
import { plainProject } from '../targets/target-name.ts';
import type { Core } from './core.ts';

/** Projects that the bot may act in and that have no container: a name that was mistyped, or a project that is down. */
export function findMissingProjects({ projects = [], services }: Observation): string[] {
  const there = new Set([...services.values()].map(({ project }) => project));
  return projects.filter((project) => project !== '*' && project !== plainProject && !there.has(project));
}

/** Says once which projects are missing, and again when that changed. */
export function createProjectNotes({ observer, options }: Core): () => void {
  let told = '';
  return () => {
    const last = observer.last();
    if (!last) return;
    const missing = findMissingProjects(last);
    if (missing.join() === told) return;
    told = missing.join();
    if (missing.length > 0) options.logger.warn({ missing }, 'PROJECTS names projects that have no containers');
    else options.logger.info('every project that PROJECTS names has containers');
  };
}
