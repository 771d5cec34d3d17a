/** Escape sequences of terminals: colours, cursor moves, window titles. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/** What no reader sees and what turns the direction of writing: control characters, bidi marks, zero widths. */
const unseen = /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\p{Cs}]/gu;

/** Text of others, such as labels and log lines, as plain text of at most `maxLength` characters. Newlines stay. */
export function plainText(text: string, maxLength: number): string {
  // Cut before and after: the expressions need not look at megabytes.
  const lines = text
    .slice(0, maxLength * 4)
    .replaceAll(/\r\n?/g, '\n')
    .split('\n');
  const plain = lines.map((line) => line.replaceAll(ansi, '').replaceAll('\t', ' ').replaceAll(unseen, '')).join('\n');
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…` : plain;
}

/** The same on one line: for a subject, a name, a value. */
export const plainLine = (text: string, maxLength: number): string =>
  plainText(text.slice(0, maxLength * 4).replaceAll(/\s+/g, ' '), maxLength).trim();
