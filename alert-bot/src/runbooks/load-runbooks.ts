import { LineCounter, parseDocument } from 'yaml';
import { describeUnknownKeys } from './key-places.ts';
import { keyProblems } from './key-problems.ts';
import { readTextFile } from './read-text-file.ts';
import { type Policy, toPolicy } from './runbook.ts';
import { runbookFile } from './runbook-file.ts';

/** 500 runbooks take a quarter of it. */
const maxBytes = 524_288;
const maxProblems = 50;
const maxMessageLength = 500;
const maxSourceLength = 5_000;

/** The runbooks cannot be used; every problem in one message, each with file, line and column. */
export class RunbookError extends Error {
  override readonly name = 'RunbookError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    const more = problems.length - maxProblems;
    const shown = problems.slice(0, maxProblems).map((problem) => problem.slice(0, maxMessageLength));
    if (more > 0) shown.push(`and ${more} more problems`);
    super(shown.join('\n'));
    this.problems = shown;
  }
}

/** @throws RunbookError */
export async function loadRunbooks(path: string): Promise<Policy> {
  const text = await readTextFile(path, maxBytes).catch((error: Error) => {
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
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const { document, content } = unlessImpossible(path, () => readYaml(text, lines, at));
  const result = runbookFile.safeParse(content);
  if (result.success) return withSources(toPolicy(result.data), document, text);
  throw new RunbookError(
    result.error.issues.map((issue) => {
      const { path: steps, message } = issue;
      const told = issue.code === 'unrecognized_keys' ? describeUnknownKeys(issue.keys) : message;
      return `${at(offsetOf(document, steps))}: ${describePath(steps)}${told}`;
    }),
  );
}

/** Each runbook with its own lines, for people who look at what it says. */
function withSources(policy: Policy, document: ReturnType<typeof parseDocument>, text: string): Policy {
  const sourceOf = (index: number) => {
    const node = document.getIn(['runbooks', index], true) as { range?: [number, number, number] } | undefined;
    return node?.range ? linesOf(text, node.range[0], node.range[1]).slice(0, maxSourceLength) : '';
  };
  return { ...policy, runbooks: policy.runbooks.map((runbook, index) => ({ ...runbook, source: sourceOf(index) })) };
}

/** Without the indentation that the whole list has. */
function linesOf(text: string, start: number, end: number): string {
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1);
  const [first = '', ...rest] = text.slice(start, end).trimEnd().split('\n');
  const shortened = rest.map((line) => (line.slice(0, indent).trim() === '' ? line.slice(indent) : line));
  return [first, ...shortened].join('\n');
}

/** Nesting that is too deep for the stack, and aliases that stand for millions of nodes, are exceptions of the YAML library. */
function unlessImpossible<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RunbookError) throw error;
    throw new RunbookError([`${path}: cannot be read as YAML: ${(error as Error).message}`]);
  }
}

function readYaml(text: string, lineCounter: LineCounter, at: (offset: number) => string) {
  // the library compares every key with every other: keyProblems does it in one pass
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  const errors = document.errors.map(({ pos, message }) => ({
    offset: pos[0],
    message: message.replace(/; please use .*/, ''),
  }));
  const problems = errors.length > 0 ? errors : keyProblems(document);
  if (problems.length > 0) throw new RunbookError(problems.map(({ offset, message }) => `${at(offset)}: ${message}`));
  return { document, content: document.toJS({ maxAliasCount: 100 }) as unknown };
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
