import { RE2JS } from 're2js';

/** An alternation of names takes about one instruction for each character. */
const maxInstructions = 2_000;
/**
 * Instructions times characters. The engine's time is linear in both, some 50 ms at this bound at the very worst; nearly all
 * patterns take a hundredth of it. With 100 instructions that is 5,000 characters, more than a label may have.
 */
const maxSteps = 500_000;

export type LabelMatcher = (value: string) => boolean;

/** Whether a matcher is a pattern: those cost more than a comparison. */
export const isPattern = (text: string): boolean => text.startsWith('=~');

/**
 * `text` is matched exactly; `=~text` is a regular expression in RE2's syntax that has to match the whole value, as in PromQL,
 * where a dot also stands for a line break.
 */
export function labelMatcher(text: string): LabelMatcher {
  if (!isPattern(text)) return (value) => value === text;
  const pattern = compile(text);
  const maxLength = maxSteps / pattern.programSize();
  return (value) => value.length <= maxLength && pattern.testExact(value);
}

/** Why a matcher is refused, or undefined. */
export function patternProblem(text: string): string | undefined {
  if (!isPattern(text)) return undefined;
  try {
    const size = compile(text).programSize();
    return size > maxInstructions
      ? `is too large a pattern: ${size} instructions, at most ${maxInstructions} are possible`
      : undefined;
  } catch (error) {
    const { message } = error as Error;
    return `is no regular expression of RE2: ${message.replace('error parsing regexp: ', '')}`;
  }
}

const compile = (text: string) => RE2JS.compile(text.slice(2), RE2JS.DOTALL);
