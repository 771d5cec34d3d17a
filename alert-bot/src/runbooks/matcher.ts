/** Longer values match no pattern: together with {@link patternProblem} this bounds the work of one match. */
const maxMatchedLength = 256;
const maxUnbounded = 3;

export type LabelMatcher = (value: string) => boolean;

/** `text` is matched exactly; `=~text` is a regular expression that has to match the whole value, as in PromQL. */
export function labelMatcher(text: string): LabelMatcher {
  if (!text.startsWith('=~')) return (value) => value === text;
  const pattern = new RegExp(`^(?:${text.slice(2)})$`, 'u');
  return (value) => value.length <= maxMatchedLength && pattern.test(value);
}

/**
 * Why a matcher is refused, or undefined. JavaScript's engine backtracks, so only patterns whose cost is bounded are let
 * in: no repetition inside a repetition, no alternatives inside one, no back-references or look-around, and at most three
 * unbounded repetitions, which on 256 characters is some millions of steps at the very worst.
 */
export function patternProblem(text: string): string | undefined {
  if (!text.startsWith('=~')) return undefined;
  const source = text.slice(2);
  try {
    new RegExp(source, 'u');
  } catch (error) {
    return `is not a regular expression: ${(error as Error).message}`;
  }
  const plain = source
    .replace(/\\[1-9k]/g, '\u0000')
    .replace(/\\./g, 'x')
    .replace(/\[[^\]]*\]/g, 'x');
  if (plain.includes('\u0000')) return 'must not use back-references';
  if (/\(\?[=!<]/.test(plain)) return 'must not use look-around or named groups';
  if ((plain.match(/[*+]|\{\d+,\}/g)?.length ?? 0) > maxUnbounded)
    return `must not have more than ${maxUnbounded} of * and +`;
  if (repeatsRepetition(plain)) return 'must not repeat a group that contains *, +, {…} or |';
  return undefined;
}

/** Takes innermost groups away one after another; one that is repeated and has choices inside can explode. */
function repeatsRepetition(plain: string): boolean {
  const innermost = /\((?:\?:)?([^()]*)\)([*+{?])?/;
  for (let rest = plain, found = innermost.exec(rest); found; found = innermost.exec(rest)) {
    const [whole, content = '', repeated] = found;
    const choices = /[*+{|]/.test(content);
    if (choices && repeated && repeated !== '?') return true;
    rest = rest.replace(whole, choices ? 'x*' : 'x');
  }
  return false;
}
