/** What stands in the place of a secret. */
export const marker = '[redacted]';

/** A part of a text, from its first character to behind its last. */
export interface Span {
  from: number;
  to: number;
}

/** The text with the marker in place of the spans, which are in order and do not overlap. */
export function withoutSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  const parts: string[] = [];
  let done = 0;
  for (const { from, to } of spans) {
    parts.push(text.slice(done, from), marker);
    done = to;
  }
  parts.push(text.slice(done));
  return parts.join('');
}
