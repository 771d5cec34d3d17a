import type { SyntaxNode } from '@lezer/common';
import { promDurationMs } from './durations.ts';

/** One thing that an expression reads: `http_requests_total{job="api"}`, without window and offset. */
export interface Selector {
  text: string;
  /** The metric's name, unless it is a pattern. */
  metric: string | undefined;
  offsetMs: number;
}

export interface Expression {
  /**
   * What has to be there for the expression to have a result. What only takes results away (the right side of `unless`, and
   * what `absent` asks for) is left out: when that is missing, an alert does not end.
   */
  needs: readonly Selector[];
  /** How far back it looks, offsets included. */
  windowMs: number;
}

interface Context {
  /** Under an odd number of `unless` and `absent`. */
  inverted: boolean;
  offsetMs: number;
  windowMs: number;
}

const maxLength = 65_536;
const inverting: ReadonlySet<string> = new Set(['Absent', 'AbsentOverTime']);

/** Reads a rule's expression with Prometheus' own grammar. Undefined when it cannot be understood: then nothing is known of it. */
export async function readExpression(text: string): Promise<Expression | undefined> {
  if (text.length > maxLength) return undefined;
  const { parser } = await import('@prometheus-io/lezer-promql'); // its tables cost 10 ms, which no start has to pay
  const needs: Selector[] = [];
  let windowMs = 0;
  let understood = true;

  const slice = ({ from, to }: SyntaxNode) => text.slice(from, to);
  const duration = (node: SyntaxNode | null): number => {
    const value = node ? promDurationMs(slice(node)) : undefined;
    if (value === undefined) understood = false;
    return value ?? 0;
  };

  function visit(node: SyntaxNode, context: Context): void {
    if (node.type.isError) understood = false;
    if (node.name === 'VectorSelector') {
      windowMs = Math.max(windowMs, context.windowMs + context.offsetMs);
      const selector = slice(node);
      if (!context.inverted)
        needs.push({ text: selector, metric: metricOf(node, selector), offsetMs: context.offsetMs });
      if (hasError(node)) understood = false;
      return;
    }
    visitChildren(node, within(node, context));
  }

  function within(node: SyntaxNode, context: Context): Context {
    if (node.name === 'OffsetExpr') {
      const written = node.lastChild ? text.slice(node.getChild('Offset')?.to ?? node.from, node.to) : '';
      const ms = promDurationMs(written);
      if (ms === undefined) understood = false;
      return { ...context, offsetMs: context.offsetMs + (ms ?? 0) };
    }
    if (node.name === 'MatrixSelector' || node.name === 'SubqueryExpr')
      return { ...context, windowMs: context.windowMs + duration(node.getChild('DurationExpr')) };
    if (node.name === 'FunctionCall' && inverting.has(node.getChild('FunctionIdentifier')?.firstChild?.name ?? ''))
      return { ...context, inverted: !context.inverted };
    return context;
  }

  function visitChildren(node: SyntaxNode, context: Context): void {
    const takesAway = node.name === 'BinaryExpr' && node.getChild('Unless') !== null;
    for (let child = node.firstChild; child; child = child.nextSibling)
      visit(child, takesAway && !child.nextSibling ? { ...context, inverted: !context.inverted } : context);
  }

  visit(parser.parse(text).topNode, { inverted: false, offsetMs: 0, windowMs: 0 });
  return understood ? { needs, windowMs } : undefined;
}

/** `up{…}`, `{"up"}` or `{__name__="up"}`. */
function metricOf(node: SyntaxNode, selector: string): string | undefined {
  const plain = node.getChild('Identifier');
  if (plain) return selector.slice(plain.from - node.from, plain.to - node.from);
  return /[{,]\s*(?:__name__\s*=\s*)?["']([^"'\\]*)["']\s*[,}]/.exec(selector)?.[1];
}

function hasError(node: SyntaxNode): boolean {
  const cursor = node.cursor();
  do if (cursor.type.isError) return true;
  while (cursor.next() && cursor.from < node.to);
  return false;
}
