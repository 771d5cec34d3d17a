import { describe, expect, it } from 'vitest';
import { cutMark } from '../../src/alerts/cut-text.ts';
import { mayMean, resolveTarget, templateProblem } from '../../src/targets/target-template.ts';

const labels = { project: 'shop', service: 'web', odd: 'a/b', none: '', home: 'demo', plain: '-', cut: `we${cutMark}` };

describe('the target of a runbook', () => {
  it.each([
    ['api', 'api'],
    ['shop/web', 'shop/web'],
    ['demo/api', 'api'],
    ['{project}/{service}', 'shop/web'],
    ['{service}', 'web'],
    ['{home}/{service}', 'web'],
    ['shop/{service}', 'shop/web'],
    ['{project}/api', 'shop/api'],
    ['{plain}/{service}', '-/web'],
    ['{service}/{service}', 'web/web'],
  ])('%j means %j', (template, target) => {
    expect(resolveTarget(template, labels, 'demo')).toEqual({ target });
  });

  it.each([
    ['{team}/{service}', 'the alert has no label "team", which the runbook takes the project from'],
    ['{project}/{none}', 'the alert has no label "none", which the runbook takes the service from'],
    ['{project}/{cut}', 'the alert has no label "cut"'],
    ['{project}/{odd}', 'the label "odd" is "a/b", which is not the name of a service'],
    ['{odd}/{service}', 'the label "odd" is "a/b", which is not the name of a project'],
    ['{constructor}', 'the alert has no label "constructor"'],
    ['{project}/{plain}', ''],
  ])('%j is nothing when its label is missing, cut or no name, and the label is named', (template, problem) => {
    const resolved = resolveTarget(template, labels, 'demo');
    if (problem === '') expect(resolved).toEqual({ target: 'shop/-' });
    else expect(resolved).toEqual({ problem: expect.stringContaining(problem) });
  });

  it.each([
    '{project}-x/{service}',
    'pre{service}',
    '{a}{b}',
    '{}',
    '{a b}',
    '{a}/{b}/{c}',
    'a/b/c',
    '',
    '/',
    '{service',
    'x y',
  ])('%j is refused when it is read', (template) => {
    expect(templateProblem(template)).toMatch(/^must be SERVICE, PROJECT\/SERVICE or -\/CONTAINER/);
  });

  it.each([
    ['{project}/{service}', 'shop/web', true],
    ['{project}/{service}', '-/web', true],
    ['{service}', 'web', true],
    ['{service}', 'shop/web', false],
    ['shop/{service}', 'shop/web', true],
    ['shop/{service}', 'blog/web', false],
    ['{project}/api', 'shop/web', false],
    ['api', 'api', true],
    ['demo/api', 'api', true],
    ['api', 'shop/api', false],
  ])('%j could mean %j: %j', (template, text, may) => {
    expect(mayMean(template, text, 'demo')).toBe(may);
  });
});
