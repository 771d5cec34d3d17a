import { encodedForms } from './encoded-forms.ts';
import { looksSecret } from './looks-secret.ts';
import { type Span, withoutSpans } from './marker.ts';

/** Names of variables that hold a secret, or a list of names and secrets. */
const secretName =
  /pass(?!ive|enger|thr)|pwd|secret|token|credential|private|api_?key|(?:encryption|signing|access|account|master|shared|storage|license|deploy|ssh|jwt|hmac|aes|crypt)_?key|database_url|dsn|webhook|mnemonic/i;
/** Names that are often given to other things; the value has to look like a secret too. */
const maybeName =
  /(?:^|[_.-])(?:key|auth|salt|pem|cert|cookie|session|signing|signature|sig|conn|connection|bearer|jwt|otp|login|pw)(?:$|[_.-])|key$|auth$|(?:^|_)conn/i;
/** What many use for a password in development, and every log is full of. */
const ordinary =
  /^(?:password|secret|postgres|postgresql|mysql|mariadb|mongodb|redis|rabbitmq|default|example|localhost|changeme|development|production|testing|service|worker|backend|frontend|server|client|enabled|disabled|required|bearer|docker|public|private)$/i;
const notNames = /^(?:OLD)?PWD$/;
const minLength = 6;
/** Of a line in a value of many lines, as a key in a variable is. */
const minLineLength = 16;
/** Secrets that begin with the same letters, of which each place in a text is compared with. */
const maxAlike = 20;

/** Takes out the values of the variables that sound secret, also as they are written in addresses, JSON and headers. */
export function redactEnvironment(text: string, env: readonly string[]): string {
  const forms = [...secretsOf(env)].flatMap(encodedForms).filter((form) => form.length >= minLength);
  return forms.length === 0 ? text : withoutSpans(text, findAll(text, indexed(forms)));
}

function secretsOf(env: readonly string[]): Set<string> {
  const entries = env.map((entry): [string, string] => {
    const at = entry.indexOf('=');
    return [entry.slice(0, Math.max(0, at)), entry.slice(at + 1)];
  });
  const isSecret = ([name, value]: [string, string]) => {
    if (value.length < minLength || ordinary.test(value) || notNames.test(name)) return false;
    if (secretName.test(name)) return !/^(?:\/[\w./-]+|\d{1,6}|true|false)$/i.test(value);
    return maybeName.test(name) && looksSecret(value);
  };
  const secrets = entries.filter(isSecret).flatMap(([, value]) => [value, ...linesOf(value)]);
  return new Set([...secrets, ...entries.flatMap(([, value]) => passwordsIn(value))]);
}

const linesOf = (value: string) =>
  value.split(/\n|\\n/).filter((line) => line.length >= minLineLength && line.length < value.length);

/** The password in an address or in a list like `Host=db;Password=x`, whatever the variable is called. */
function passwordsIn(value: string): string[] {
  const inAddress = /:\/\/[^:/@\s]{0,200}:([^\s]{1,500})@/.exec(value)?.[1] ?? '';
  const inList =
    /(?:^|[;\s])(?:password|pwd|accountkey|sharedaccesskey)\s{0,3}=\s{0,3}([^;]{1,500})/i.exec(value)?.[1] ?? '';
  const decoded = [inAddress, decodeOr(inAddress), inList.trim()];
  return decoded.filter((text) => text.length >= minLength && !ordinary.test(text));
}

function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** By their first letters, the longest first: a secret that contains another one goes whole. */
function indexed(forms: readonly string[]): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const form of [...new Set(forms)].sort((a, b) => b.length - a.length)) {
    const head = form.slice(0, minLength);
    const alike = index.get(head);
    if (!alike) index.set(head, [form]);
    else if (alike.length < maxAlike) alike.push(form);
  }
  return index;
}

function findAll(text: string, index: ReadonlyMap<string, readonly string[]>): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from + minLength <= text.length; from += 1) {
    const forms = index.get(text.slice(from, from + minLength));
    if (!forms) continue;
    const found = forms.find((form) => text.startsWith(form, from)) ?? cutForm(text, from, forms);
    if (found === undefined) continue;
    const to = Math.min(text.length, from + found.length);
    spans.push({ from, to });
    from = to - 1;
  }
  return spans;
}

/** The text ends in the middle of a secret, because somebody cut it. The longest form is the first. */
function cutForm(text: string, from: number, forms: readonly string[]): string | undefined {
  const rest = text.length - from;
  if ((forms[0]?.length ?? 0) <= rest) return undefined;
  return forms.find((form) => form.length > rest && form.startsWith(text.slice(from)));
}
