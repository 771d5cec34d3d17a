import { expect, it } from 'vitest';
import { projectNameOf } from '../src/project-name.ts';

// What `docker compose config` of 2.40 prints as `name` in such a folder.
it.each([
  ['/home/me/observability-stack', 'observability-stack'],
  ['/home/me/Observability Stack (2)', 'observabilitystack2'],
  ['/srv/_my.stack_', 'mystack_'],
  ['/srv/-stack', 'stack'],
  ['/srv/ÄÖ', 'observability-stack'],
])('the project of a clone in %s is called as compose calls it', (folder, name) => {
  expect(projectNameOf(folder)).toBe(name);
});
