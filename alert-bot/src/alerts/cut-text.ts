/** The end of a text that was cut. Plain ASCII: any other character would double what the text takes in memory. */
export const cutMark = '...[cut]';

/** The label that stands for those that were left out. It is no label name that Prometheus allows. */
export const leftOutName = '[left out]';

/** Less than this is not worth its name. */
const leastBytes = 64;

/** What a text takes as JSON in UTF-8. */
export const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text));

/** At most so many characters, with the mark at the end when it was longer. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const part = text.slice(0, Math.max(0, maxLength - cutMark.length));
  // A part of a string keeps the whole of it in memory, which can be 16 MB: this makes a text of its own.
  return Buffer.from(withoutHalfCharacter(part) + cutMark).toString();
}

/** At most so many characters and bytes of JSON; undefined when next to nothing would be left. */
export function fitText(text: string, maxLength: number, maxBytes: number): string | undefined {
  let fitting = cutText(text, maxLength);
  for (let bytes = jsonBytes(fitting); bytes > maxBytes; bytes = jsonBytes(fitting)) {
    if (maxBytes < leastBytes) return undefined;
    fitting = cutText(text, Math.min(fitting.length - 1, Math.floor((fitting.length * maxBytes) / bytes)));
  }
  return fitting;
}

const withoutHalfCharacter = (text: string) => text.replace(/[\ud800-\udbff]$/, '');
