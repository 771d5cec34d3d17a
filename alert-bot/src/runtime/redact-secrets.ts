const secretName = /pass|secret|token|credential|private|api_?key|auth|dsn|database_url|webhook/i;
const marker = '[redacted]';

/** Shapes that give a secret away wherever they stand. Every repetition is bounded: logs are hostile input. */
const shapes: [RegExp, string][] = [
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]{0,200}:)[^\s@/]{1,500}(@)/gi, `$1${marker}$2`], // user:password@ in an address
  [/(\b(?:authorization|proxy-authorization)["']?\s*[:=]\s*["']?(?:bearer|basic)?\s*)[^\s"',;]+/gi, `$1${marker}`],
  [/(\bbearer\s+)[\w.~+/=-]{8,}/gi, `$1${marker}`],
  [/(["']?\b[\w-]{0,40}(?:password|passwd|secret|token|api[_-]?key)["']?\s*[:=]\s*["']?)[^\s"',;&}]+/gi, `$1${marker}`],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g, marker], // JSON web token
];

/**
 * Replaces secrets in text that is about to leave the engine: values of the container's variables whose names sound secret, and
 * what looks like a credential. Redaction is a net, not a proof: an application should not log its secrets.
 * @param env the container's `NAME=value` list; it never leaves this function
 */
export function redactSecrets(text: string, env: readonly string[] = []): string {
  let redacted = text;
  for (const value of secretValues(env)) redacted = redacted.replaceAll(value, marker);
  for (const [shape, replacement] of shapes) redacted = redacted.replace(shape, replacement);
  return redacted;
}

/** Longest first, so that a secret which contains another one goes whole. Short values would blot out ordinary words. */
function secretValues(env: readonly string[]): string[] {
  const values = env.flatMap((entry) => {
    const at = entry.indexOf('=');
    const value = entry.slice(at + 1);
    return at > 0 && secretName.test(entry.slice(0, at)) && value.length >= 6 ? [value, ...passwordsIn(value)] : [];
  });
  return [...new Set(values)].sort((a, b) => b.length - a.length);
}

function passwordsIn(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  const written = /:\/\/[^:/@]*:([^@]*)@/.exec(value)?.[1] ?? ''; // the parser escapes what was not escaped
  return [password, written].filter((text) => text.length >= 6);
}
