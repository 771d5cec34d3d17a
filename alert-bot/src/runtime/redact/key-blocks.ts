import { marker } from './marker.ts';

/** `-----BEGIN RSA PRIVATE KEY-----` to its end on one line, as in JSON. */
const oneLine = /(-----BEGIN [A-Z0-9 ]{1,40}-----)(?:[^-\n]|-(?!----)){1,20000}(-----END [A-Z0-9 ]{1,40}-----)?/g;
const begin = /-----BEGIN [A-Z0-9 ]{1,40}-----/;
const end = /-----END [A-Z0-9 ]{1,40}-----/;
/** The last word of a line, if it is written in base64: the line may begin with the time and the name of its logger. */
const lastWord = /(?:^|[\s|>"':\]])([A-Za-z0-9+/]{1,200}={0,2})(?:\\n)?["',]{0,3}\s{0,10}$/;
/** A whole line of a key, wherever it stands: most keys have 64 letters in a line, those of OpenSSH 70. */
const wholeLine = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/]{64,}={0,2}(?![A-Za-z0-9+/_-])/g;
const maxBlockLines = 200;

/** Takes out blocks of keys, on one line or many, with or without a prefix on each, also when the log begins or ends in one. */
export function redactKeyBlocks(text: string): string {
  const withoutLines = text.replace(wholeLine, (run) => (isKeyMaterial(run) ? marker : run));
  if (!withoutLines.includes('-----')) return withoutLines;
  const lines = withoutLines.replace(oneLine, `$1${marker}$2`).split('\n');
  let left = 0;
  for (const [index, line] of lines.entries()) {
    if (end.test(line) && !begin.test(line)) redactLineBefore(lines, index);
    if (end.test(line)) left = 0;
    else if (left > 0) lines[index] = withoutLastWord(line);
    if (begin.test(line) && !end.test(line)) left = maxBlockLines;
    else left -= 1;
  }
  return lines.join('\n');
}

/** Digests and ids are hexadecimal; they are no secrets, and evidence is poorer without them. */
const isKeyMaterial = (run: string) => /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run);

function redactLineBefore(lines: string[], index: number): void {
  const line = lines[index - 1];
  if (line !== undefined) lines[index - 1] = withoutLastWord(line);
}

function withoutLastWord(line: string): string {
  const found = lastWord.exec(line.slice(-300));
  const word = found?.[1];
  if (!found || word === undefined) return line;
  const at = Math.max(0, line.length - 300) + found.index + found[0].indexOf(word);
  return line.slice(0, at) + marker + line.slice(at + word.length);
}
