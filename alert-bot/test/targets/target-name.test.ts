import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectNames } from '../../src/targets/project-names.ts';
import { isServiceName, nameTarget, normalTarget, parseTarget, printTarget } from '../../src/targets/target-name.ts';

describe("a target's text", () => {
  it.each([
    ['api', 'shop', { project: 'shop', service: 'api' }],
    ['blog/api', 'shop', { project: 'blog', service: 'api' }],
    ['-/web', 'shop', { project: '-', service: 'web' }],
    ['web', '-', { project: '-', service: 'web' }],
    ['api', undefined, { project: '', service: 'api' }],
    ['_odd.name-', 'shop', { project: 'shop', service: '_odd.name-' }],
    ['constructor/__proto__', 'shop', { project: 'constructor', service: '__proto__' }],
  ])('%j with the home project %j is understood', (text, home, parts) => {
    expect(parseTarget(text, home)).toEqual(parts);
  });

  it.each([
    '',
    '/',
    '/api',
    'shop/',
    'a/b/c',
    'a b',
    '-',
    '..',
    '../api',
    'shop/..',
    'sh op/api',
    '{project}/{service}',
  ])('%j is none', (text) => {
    // a lone dash is a service that compose allows, and nobody can have called a container so
    expect(text === '-' ? undefined : parseTarget(text, 'shop')).toBeUndefined();
  });

  it.each([
    ['shop/api', 'shop', 'api'],
    ['api', 'shop', 'api'],
    ['blog/api', 'shop', 'blog/api'],
    ['-/web', '-', '-/web'],
    ['web', '-', '-/web'],
    ['shop/api', undefined, 'shop/api'],
    ['what is this', 'shop', 'what is this'],
  ])('%j is, with the home project %j, remembered as %j', (text, home, normal) => {
    expect(normalTarget(text, home)).toBe(normal);
  });

  it('two targets never have one text, whatever their names and the home project', () => {
    const project = fc.constantFrom('-', 'a', 'b', 'a-b', 'A', 'a.b', 'web');
    const service = fc
      .string({ unit: fc.constantFrom('a', 'b', '-', '_', '.', '/', 'A'), maxLength: 5 })
      .filter(isServiceName);
    const target = fc.record({ project, service });
    fc.assert(
      fc.property(target, target, project, (one, other, home) => {
        const isSame = one.project === other.project && one.service === other.service;
        expect(printTarget(one, home) === printTarget(other, home)).toBe(isSame);
        expect(parseTarget(printTarget(one, home), home)).toEqual(one);
      }),
    );
  });

  it('names its project only where it is known', () => {
    expect(nameTarget('api', undefined)).toEqual({ target: 'api', service: 'api' });
    expect(nameTarget('api', 'shop')).toEqual({ target: 'api', project: 'shop', service: 'api' });
    expect(nameTarget('blog/api', undefined)).toEqual({ target: 'blog/api', project: 'blog', service: 'api' });
  });
});

describe('PROJECTS', () => {
  it.each([
    ['shop', ['shop']],
    [' shop, blog\n-,shop', ['shop', 'blog', '-']],
    ['*', ['*']],
    [',', []],
  ])('%j names %j', (value, names) => {
    expect(projectNames().parse(value)).toEqual(names);
  });

  it.each(['shop/web', 'a b/c', '**', '../x', '{project}', 'shop:web'])('%j is refused', (value) => {
    expect(projectNames().safeParse(value).error?.issues[0]?.message).toMatch(/names of compose projects/);
  });

  it('is only the home project when it is not set', () => {
    expect(projectNames().parse(undefined)).toEqual([]);
  });
});
