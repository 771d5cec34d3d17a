import { expect, it } from 'vitest';
import { databaseProblem } from '../src/problems.ts';

const databaseError = (code: string) => Object.assign(new Error('from PostgreSQL'), { code });
const problemOf = (code: string) => {
  const counted: string[] = [];
  const problem = databaseProblem(databaseError(code), (kind) => counted.push(kind));
  return [problem?.code, counted];
};

it.each(['22003', '22P02', '22021', '22000', '23502', '23514'])(
  'a value that PostgreSQL refuses (%s) is the fault of the client that sent it, and no failed operation',
  (code) => {
    expect(problemOf(code)).toEqual(['bad_request', []]);
  },
);

it.each([
  ['40001', 'database_unavailable', 'retryable'],
  ['23505', 'database_unavailable', 'retryable'],
  ['57P01', 'database_unavailable', 'unavailable'],
  ['57014', 'database_timeout', 'timeout'],
])('%s is %s: to be tried again', (code, problem, kind) => {
  expect(problemOf(code)).toEqual([problem, [kind]]);
});

it('a mistake of ours stays one', () => {
  expect(problemOf('42601')).toEqual([undefined, ['other']]);
});
