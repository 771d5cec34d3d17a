import { marker, type Span } from './marker.ts';

const maxLength = 4_000;
/** What ends a value when something follows that begins a new one, or nothing. */
const delimiter = /[,;&)}\]"'`|<]/;
const afterDelimiter = /^(?:$|[\s,;)}\]"'`|<]|[\w.-]{1,40}["']?[ \t]{0,2}[:=])/;
const openQuote = /(\\{0,7})(["'`])/y;

/** The value in quotes that begins at `from`, or undefined when there are none. The quotes may be escaped, as in JSON in JSON. */
export function readQuoted(text: string, from: number): Span | undefined {
  openQuote.lastIndex = from;
  const found = openQuote.exec(text);
  if (!found) return undefined;
  const [opening, slashes = '', quote] = found;
  const start = from + opening.length;
  const limit = Math.min(text.length, start + maxLength);
  let escapes = 0;
  for (let at = start; at < limit; at += 1) {
    if (text[at] === '\n') return { from: start, to: at };
    if (text[at] === quote && isClosing(escapes, slashes.length))
      return { from: start, to: at - Math.min(escapes, slashes.length) };
    escapes = text[at] === '\\' ? escapes + 1 : 0;
  }
  return { from: start, to: limit };
}

/** Without backslashes before the first quote, an odd number of them escapes; with some, more than these do. */
const isClosing = (escapes: number, opening: number) => (opening === 0 ? escapes % 2 === 0 : escapes <= opening);

/** A value without quotes: one word, with every sign in it that does not begin something else. */
export function readWord(text: string, from: number): Span {
  const limit = Math.min(text.length, from + maxLength);
  let to = text.startsWith(marker, from) ? from + marker.length : from;
  while (to < limit && !/\s/.test(text[to] as string)) {
    if (delimiter.test(text[to] as string) && afterDelimiter.test(text.slice(to + 1, to + 50))) break;
    to += 1;
  }
  return { from, to };
}

/** Words up to the end of the line or to what is another name with a value. */
export function readPhrase(text: string, from: number): Span {
  let { to } = readWord(text, from);
  const next = /[ \t]{1,3}(?![\w.-]{1,40}["']?[:=])(?=[^\s,;)}\]"'`])/y;
  for (next.lastIndex = to; to - from < maxLength && next.test(text); next.lastIndex = to)
    to = Math.max(to + 1, readWord(text, next.lastIndex).to);
  return { from, to };
}

/** Up to the next semicolon, spaces and all: `Password=a b;Database=x`. */
export function readListItem(text: string, from: number): Span {
  const item = text.slice(from, from + maxLength);
  const end = item.search(/[;\n"']/);
  return { from, to: from + (end === -1 ? item.length : end) };
}

/** Everything up to the end of the line, or to the quote that ends what the line is quoted in. */
export function readLine(text: string, from: number, end = /[\n"]/): Span {
  const limit = Math.min(text.length, from + maxLength);
  let to = from;
  while (to < limit && !end.test(text[to] as string)) to += 1;
  while (to > from && /[\s']/.test(text[to - 1] as string)) to -= 1;
  return { from, to };
}
