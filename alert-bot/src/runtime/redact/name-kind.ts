/**
 * `password`: every value is one. `secret`: every value but a plain word. `header`: the whole line. `maybe`: a value that looks
 * like one. `key`: a long value that looks like one, because caches and tables have keys too.
 */
export type NameKind = 'password' | 'secret' | 'header' | 'maybe' | 'key';

const keyOwners = new Set(
  'api access account private encryption decryption signing master secret shared storage license licence deploy ssh rsa aes hmac jwt crypto cipher app auth client service webhook session cookie root admin consumer subscription instrumentation function host symmetric enc'.split(
    ' ',
  ),
);
const maybeWords = new Set(
  'salt pem session sessionid sid sig signature dsn auth connectionstring connstr cert jwt otp nonce webhook'.split(
    ' ',
  ),
);

/** A log uses few names, each of them many times. */
const seen = new Map<string, NameKind | undefined>();
const maxSeen = 500;
const maxLength = 100;

/** What a name says about its value; undefined when it says nothing. Words are told apart by signs and by capital letters. */
export function kindOfName(name: string): NameKind | undefined {
  const end = name.slice(-maxLength);
  if (seen.has(end)) return seen.get(end);
  const kind = readKind(end);
  if (seen.size === maxSeen) seen.clear();
  if (end.length <= maxLength / 2) seen.set(end, kind);
  return kind;
}

function readKind(name: string): NameKind | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  if (/(?:authorization|cookies?)$/.test(last)) return 'header';
  const joined = words.join('');
  if (
    /passw(?:or)?d|passphrase|passcode|mnemonic|seedphrase/.test(joined) ||
    words.some((word) => word === 'pwd' || word === 'pw')
  )
    return 'password';
  if (
    words.some((word) =>
      /(?:secrets?|tokens?|credentials?|apikey|accesskey|secretkey|privatekey|accountkey)$/.test(word),
    )
  )
    return 'secret';
  if (words.some((word, i) => word === 'key' && keyOwners.has(words[i - 1] ?? ''))) return 'secret';
  if (last === 'pass') return 'secret';
  if (maybeWords.has(last) || /(?:pass|auth)$/.test(last) || /(?:connectionstring|sessionid)$/.test(joined))
    return 'maybe';
  return last.endsWith('key') ? 'key' : undefined;
}
