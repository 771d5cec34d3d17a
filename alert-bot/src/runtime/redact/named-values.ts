import { isPlainWord, looksSecret } from './looks-secret.ts';
import { marker, type Span, withoutSpans } from './marker.ts';
import { kindOfName, type NameKind } from './name-kind.ts';
import { readLine, readListItem, readPhrase, readQuoted, readWord } from './read-value.ts';

/** A name and what stands between it and its value. It begins where no other can: the time is linear. */
const assignment =
  /(?<![\w.-])([\w.-]+)((?:\\{0,7}["'`])?[ \t]{0,3}(?:=>|:=|={1,2}|%3[dD]|:|>|,(?=[ \t]{0,3}\\{0,7}["'])))[ \t]{0,8}/g;
/** `--password value`, `PASSWORD 'value'` of SQL, and `login name password value` of netrc. */
const spaced =
  /(?<![\w-])(?:--?([\w-]{2,60})[ \t]{1,3}(?=[^\s-])|(password|identified[ \t]{1,3}by)[ \t]{1,3}(?=["'])|login[ \t]{1,3}[^\s]{1,100}[ \t]{1,3}(password)[ \t]{1,3})/gi;
const scheme = /(?:bearer|basic|token|apikey|negotiate|digest|aws4-hmac-sha256)[ \t]{1,5}/iy;
const wordsBefore = /(?:[A-Za-z]{2,20}[ -]){1,2}$/;

/** Takes out values whose names say that they are secret: settings, JSON, headers, addresses, command lines, markup. */
export function redactNamedValues(text: string): string {
  return redactBy(redactBy(text, assignment, assigned), spaced, (found) => ({
    name: found[1] ?? 'password',
    sign: ' ',
    inList: false,
  }));
}

interface Named {
  name: string;
  /** Between the name and the value. */
  sign: string;
  /** One of a list with semicolons between its items. */
  inList: boolean;
}

function redactBy(text: string, pattern: RegExp, namedBy: (found: RegExpExecArray, text: string) => Named): string {
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    const named = namedBy(found, text);
    const kind = kindOfName(named.name);
    const span = kind && secretValue(text, pattern.lastIndex, kind, named);
    if (!span || span.to <= span.from) continue;
    spans.push(span);
    pattern.lastIndex = span.to;
  }
  return withoutSpans(text, spans);
}

/** `api key: x` has two words in its name. */
function assigned(found: RegExpExecArray, text: string): Named {
  const [, name = '', sign = ''] = found;
  const before = wordsBefore.exec(text.slice(Math.max(0, found.index - 45), found.index))?.[0] ?? '';
  return {
    name: before + name,
    sign,
    inList: sign === '=' && /;[ \t]?(?:\w+ )?$/.test(text.slice(Math.max(0, found.index - 12), found.index)),
  };
}

function secretValue(text: string, from: number, kind: NameKind, named: Named): Span | undefined {
  const { sign } = named;
  if (sign.endsWith('>') && !sign.endsWith('=>')) return markupValue(text, from, kind);
  const quoted = readQuoted(text, from);
  if (kind === 'header') return headerValue(text, quoted?.from ?? from, quoted);
  if (/[{[|>]/.test(text[from] ?? '') && !text.startsWith(marker, from)) return groupValue(text, from, kind);
  const span = quoted ?? readPlain(text, from, kind, named);
  const value = text.slice(span.from, span.to);
  return isSecret(value, kind, quoted === undefined && isSentence(text, span, sign)) ? span : undefined;
}

function readPlain(text: string, from: number, kind: NameKind, { sign, inList }: Named): Span {
  if (inList && kind !== 'maybe' && kind !== 'key') return readListItem(text, from);
  return kind === 'password' && sign.includes(':') ? readPhrase(text, from) : readWord(text, from);
}

const block = /[|>][+-]?[ \t]{0,8}\n[^\n]{0,100}?(?=[^\s|]+[ \t]*(?:\n|$))/y;

/** A list is a list of secrets; an object has names of its own; a text of many lines, in YAML, begins on the next one. */
function groupValue(text: string, from: number, kind: NameKind): Span | undefined {
  if (text[from] === '{' || kind === 'maybe' || kind === 'key') return undefined;
  if (text[from] === '[') {
    const end = text.slice(from, from + 1_500).search(/[\]\n{]/);
    return text[from + end] === ']' ? { from: from + 1, to: from + end } : undefined;
  }
  block.lastIndex = from;
  if (!block.test(text)) return readWord(text, from);
  return readLine(text, block.lastIndex, /\n/);
}

function markupValue(text: string, from: number, kind: NameKind): Span | undefined {
  const to = text.slice(from, from + 1_000).search(/[<\n]/);
  const span = { from, to: to === -1 ? from : from + to };
  return isSecret(text.slice(span.from, span.to), kind, false) ? span : undefined;
}

/** `token: unexpected end` is a sentence. */
const isSentence = (text: string, { from, to }: Span, sign: string): boolean =>
  sign.includes(':') && /^[A-Za-z]{1,20}$/.test(text.slice(from, to)) && /^[ \t][A-Za-z]/.test(text.slice(to, to + 2));

function isSecret(value: string, kind: NameKind, sentence: boolean): boolean {
  if (isPlainWord(value)) return false;
  if (kind === 'password') return true;
  if (kind === 'secret') return !sentence && !/^\d{1,5}$/.test(value);
  if (kind === 'key') return !/[:.]/.test(value) && looksSecret(value, 16);
  return looksSecret(value);
}

/** Which way of signing in it is stays to be seen. A list of headers is a list of values. */
function headerValue(text: string, from: number, quoted: Span | undefined): Span | undefined {
  scheme.lastIndex = from;
  const hasScheme = scheme.test(text);
  const start = hasScheme ? scheme.lastIndex : from;
  const isList = text[from] === '[' && !text.startsWith('[redacted]', from);
  const end = isList ? text.slice(from, from + 1_500).search(/[\]\n]/) : -1;
  if (isList) return { from: from + 1, to: end === -1 ? from + 1 : from + end };
  const single = hasScheme && /^(?:bearer|basic|token|apikey|negotiate)/i.test(text.slice(from, start));
  const span = quoted ?? (single ? readWord(text, start) : readLine(text, start, hasScheme ? /\n/ : undefined));
  const value = text.slice(start, span.to);
  return isPlainWord(value) || /^\d{1,5}$/.test(value) ? undefined : { from: start, to: span.to };
}
