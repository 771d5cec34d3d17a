import { basename } from 'node:path';
import { repository } from './render-configuration.ts';

/** The name that compose gives the project of this clone: that of its folder, lower case, without what no name may have in it. */
export const project = projectNameOf(repository);

export function projectNameOf(folder: string): string {
  const kept = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
  return kept || 'observability-stack';
}
