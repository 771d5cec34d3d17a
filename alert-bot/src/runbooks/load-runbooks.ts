import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import { type Policy, toPolicy } from './runbook.ts';
import { runbookFile } from './runbook-file.ts';

/** The runbooks cannot be used; every problem in one message, each with file, line and column. */
export class RunbookError extends Error {
  override readonly name = 'RunbookError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** @throws RunbookError */
export async function loadRunbooks(path: string): Promise<Policy> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new RunbookError([`${path}: cannot be read: ${error.message}`]);
  });
  return parseRunbooks(text, path);
}

/**
 * @param path names the file in the messages
 * @throws RunbookError
 */
export function parseRunbooks(text: string, path: string): Policy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  if (document.errors.length > 0) throw new RunbookError(document.errors.map((e) => `${at(e.pos[0])}: ${e.message}`));
  const result = runbookFile.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (result.success) return toPolicy(result.data);
  throw new RunbookError(
    result.error.issues.map(({ path: steps, message }) => {
      return `${at(offsetOf(document, steps))}: ${describePath(steps)}${message}`;
    }),
  );
}

/** Where the nearest existing ancestor of the problem starts. */
function offsetOf(document: ReturnType<typeof parseDocument>, steps: readonly PropertyKey[]): number {
  for (let length = steps.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(steps.slice(0, length), true);
    const range = (node as { range?: [number, number, number] } | null | undefined)?.range;
    if (range) return range[0];
  }
  return 0;
}

const describePath = (steps: readonly PropertyKey[]) =>
  steps.length === 0
    ? ''
    : `${steps.map((step, i) => (typeof step === 'number' ? `[${step}]` : i ? `.${String(step)}` : String(step))).join('')}: `;
