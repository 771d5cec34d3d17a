import { describe, expect, it } from 'vitest';
import { labelMatcher, patternProblem } from '../../src/runbooks/matcher.ts';

it.each([
  ['api', 'api', true],
  ['api', 'api2', false],
  ['=~api|worker', 'worker', true],
  ['=~api|worker', 'xworker', false],
  ['=~api.*', 'api-7', true],
  ['=~api.*', 'an api', false],
  ['a.b', 'axb', false],
  ['', '', true],
  ['=~', '', true],
  ['=~', 'x', false],
  ['=~.*', '', true],
  ['=~.+', '', false],
  ['=~a.b', 'a\nb', true],
  ['=~(?-s)a.b', 'a\nb', false],
  ['=~(?i)API', 'api', true],
  ['=~api$', 'api\n', false],
  ['=~^api$', 'api', true],
  ['=~a|b$|c', 'c', true],
  ['=~.', '😀', true],
  ['=~\\d+', '٣', false],
  ['=~\\pL+', 'ж', true],
  ['=~(?P<n>a)(?<m>b)', 'ab', true],
  ['=~\\Qa.b\\E', 'a.b', true],
  ['=~[[:alpha:]]+', 'ab', true],
  ['=~(a|aa)+', 'aaa', true],
  ['=~(?:api-\\d+,?)+', 'api-1,api-2', true],
])('the matcher %j on %j is %s, as in PromQL', (matcher, value, expected) => {
  expect(patternProblem(matcher)).toBeUndefined();
  expect(labelMatcher(matcher)(value)).toBe(expected);
});

it('also values of thousands of characters are matched', () => {
  expect(labelMatcher('=~.*Down')(`${'x'.repeat(4_000)}Down`)).toBe(true);
  expect(labelMatcher('=~[a-z0-9.-]+')('x'.repeat(4_096))).toBe(true);
  const names = Array.from({ length: 50 }, (_, i) => `service-${i}`);
  expect(labelMatcher(`=~${names.join('|')}`)('service-49')).toBe(true);
});

it.each([
  ['=~(a)\\1', 'is no regular expression of RE2: invalid escape sequence: `\\1`'],
  ['=~(?=a)a', 'is no regular expression of RE2: invalid or unsupported Perl syntax: `(?=`'],
  ['=~(?!a)b', 'is no regular expression of RE2: invalid or unsupported Perl syntax: `(?!`'],
  ['=~(?<=a)b', expect.stringContaining('is no regular expression of RE2')],
  ['=~(?>a)', expect.stringContaining('is no regular expression of RE2')],
  ['=~(', expect.stringContaining('missing closing )')],
  ['=~a)(b', expect.stringContaining('is no regular expression of RE2')],
  ['=~a**', expect.stringContaining('invalid nested repetition')],
  ['=~[z-a]', expect.stringContaining('invalid character class range')],
  ['=~a{1001}', expect.stringContaining('invalid repeat count')],
  ['=~(a{1000}){1000}', expect.stringContaining('invalid repeat count')],
  ['=~((a{30}){30}){30}', expect.stringContaining('invalid repeat count')],
  ['=~(?:a{900}|b{900}|c{900})', expect.stringContaining('is too large a pattern: 27')],
])('the pattern %j is refused: %s', (pattern, why) => {
  expect(patternProblem(pattern)).toEqual(why);
});

describe('no pattern that is accepted takes long', () => {
  /** From the literature on denial of service by regular expressions, and what the bot took 25 s for. */
  const patterns = [
    '(a+)+$',
    '(a|a)*$',
    '(a|aa)+$',
    '(.*a){25}',
    '(a*)*b',
    '(?:a?){50}a{50}',
    '(a?){200}a{200}',
    '(x+x+)+y',
    '([a-zA-Z]+)*!',
    '(?:.{0,30}a){30}!',
    '.{0,20}.{0,20}.{0,20}.{0,20}.{0,20}.{0,20}!',
    'a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a{20}!',
    '(a|b)*a(a|b){15}(a|b)*c',
    '[ab]*a[ab]{500}',
    '(?:(a|b)*a(a|b){100})|x',
    '(\\w|\\d|_)*:',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '^(?:[\\w.-]+@)+[\\w.-]+$',
    '(?i)(\\pL|\\d)*x{0,200}y',
    '.*.*.*.*.*.*.*.*.*.*x',
    '(((((((((a*)*)*)*)*)*)*)*)*)*b',
  ];
  const values = ['a'.repeat(4_096), 'ab'.repeat(2_048), `${'a'.repeat(4_000)}!`, randomAb(4_096), 'x'.repeat(256)];

  it.each(patterns)('%s', (pattern) => {
    expect(patternProblem(`=~${pattern}`)).toBeUndefined();
    const matches = labelMatcher(`=~${pattern}`);
    const began = performance.now();
    for (const value of values) matches(value);
    // linear time is some 50 ms for a value at the very worst; backtracking takes seconds to centuries
    expect(performance.now() - began).toBeLessThan(1_500);
  });
});

/** Text in which every position is a possible beginning, the same one every time. */
function randomAb(length: number): string {
  let seed = 1;
  return Array.from({ length }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % 2 ? 'a' : 'b';
  }).join('');
}
