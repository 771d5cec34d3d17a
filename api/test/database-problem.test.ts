import { expect, it } from 'vitest';
import { databaseProblem } from '../src/problems.ts';
import { NotBegun } from '../src/statements/statement-queue.ts';

const databaseError = (code: string) => Object.assign(new Error('from PostgreSQL'), { code });
const problemOf = (code: string) => told(databaseError(code));
const told = (error: Error, isAnswering = false) => {
  const counted: string[] = [];
  const onDatabaseError = (kind: string) => void counted.push(kind);
  const problem = databaseProblem(error, { onDatabaseError, isAnswering: () => isAnswering });
  return [problem?.code, counted];
};

it.each(['22003', '22P02', '22021', '22000'])(
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
  for (const code of ['42601', '23514']) expect(problemOf(code)).toEqual([undefined, ['other']]);
});

it.each([new Error('timeout exceeded when trying to connect'), new NotBegun(false)])(
  'a request that waited in vain (%s) asked too much when others are answered; else the database is away',
  (error) => {
    expect(told(error, true)).toEqual(['too_many_requests', []]);
    expect(told(error, false)).toEqual(['database_timeout', ['timeout']]);
  },
);

it('a request whose queue moved on while it waited asked too much', () => {
  expect(told(new NotBegun(true), false)).toEqual(['too_many_requests', []]);
});
