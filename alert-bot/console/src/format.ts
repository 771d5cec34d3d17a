/** Escape sequences of terminals. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;
const invisible = /(?![\t\n\r])\p{Cc}|[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** What a cut in the middle of a character leaves of it. */
const halfCharacter = /[\ud800-\udbff]$/;

const codeOf = (character: string) => character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');

/**
 * Text from alerts, labels and logs as it may be shown: no colours of a terminal, and characters that change how their
 * neighbours read are shown by their code. Longer than `max` is cut, and says so.
 */
export function plain(text: string, max = 2_000): string {
  const bare = text.replaceAll(ansi, '');
  const cut =
    bare.length > max ? `${bare.slice(0, max).replace(halfCharacter, '')}… (${bare.length} characters)` : bare;
  return cut.replaceAll(invisible, (character) => `‹U+${codeOf(character)}›`);
}

const units: readonly (readonly [seconds: number, short: string, one: string, many: string])[] = [
  [86_400, 'd', 'day', 'days'],
  [3_600, 'h', 'hour', 'hours'],
  [60, 'min', 'minute', 'minutes'],
  [1, 's', 'second', 'seconds'],
];

/** The two largest units: `2 min 5 s`. */
export const shortDuration = (seconds: number): string =>
  join(seconds, (count, [, short]) => `${count}\u00a0${short}`, '< 1 s');

/** `2 minutes 5 seconds`. */
export const duration = (seconds: number): string =>
  join(seconds, (count, [, , one, many]) => `${count} ${count === 1 ? one : many}`, 'less than a second');

function join(seconds: number, say: (count: number, unit: (typeof units)[number]) => string, none: string): string {
  let rest = Math.max(0, Math.round(seconds));
  if (rest === 0) return none;
  const parts: string[] = [];
  for (const unit of units) {
    const count = Math.floor(rest / unit[0]);
    rest -= count * unit[0];
    if (count > 0) parts.push(say(count, unit));
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

const timeOfDay = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  ...{ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
});
const dayKey = (time: number) => new Date(time).toDateString();

/** In the reader's zone; the day only when it is another one than today. */
export const clockTime = (time: number): string =>
  dayKey(time) === dayKey(Date.now()) ? timeOfDay.format(time) : dayAndTime.format(time);

/** For a tooltip. */
export const utc = (time: number): string =>
  `${new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.000Z$|Z$/, '')} UTC`;

export const percent = (share: number): string => `${Math.round(share * 100)} %`;
