const plainWord =
  /^(?:true|false|null|none|nil|undefined|yes|no|on|off|ok|set|unset|empty|required|missing|invalid|expired|denied|failed|wrong|incorrect|default|enabled|disabled|unknown|optional|bearer|basic|\*+|<[\w -]{1,30}>|\[redacted\])[.,;:!]?$/i;

/** What stands for a value instead of being one: `token: expired`, `secret=***`. */
export const isPlainWord = (value: string): boolean => value === '' || plainWord.test(value);

/** Addresses without a login, paths, files, numbers and times name something; they give nothing away. */
const harmless =
  /^(?:[a-z][a-z0-9+.-]{0,30}:\/\/[^@]*|\.{0,2}\/[\w./-]*|[\d.,:+\-TZ ]+|\d+(?:\.\d+)?[a-z]{1,3}|[\w./-]+\.(?:pem|crt|key|json|ya?ml|conf|txt|log|[cm]?[jt]s|sock))$/i;

/** Whether a value has the form of a secret: for names that are often given to other things, like `key`. */
export function looksSecret(value: string, minLength = 8): boolean {
  if (value.length < minLength || harmless.test(value)) return false;
  if (/\s/.test(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(value)).length;
  return kinds >= 2 || (kinds === 1 && /[^\w.:/-]/.test(value));
}
