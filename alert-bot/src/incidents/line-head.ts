import { hasBytes } from './has-bytes.ts';
import { TimeReader } from './time-reader.ts';

const quote = 0x22;
const backslash = 0x5c;
const zero = 0x30;
const brace = 0x7d;
const beforeSeq = Buffer.from('{"v":2,"seq":');
const olderBeforeSeq = Buffer.from('{"v":1,"seq":');
const beforeAt = Buffer.from(',"at":"');
const beforeIncident = Buffer.from('","incident":');
const beforeType = Buffer.from(',"type":"');
const nothing = Buffer.from('null');
const timeLength = 24;

/**
 * The beginning of a line of the log, read without a JSON parser. It knows lines as `withHead` makes them; to any other, and
 * to what needs a parser, it says no.
 */
export class LineHead {
  seq = 0;
  /** Milliseconds since the epoch. */
  at = 0;
  /** Where the incident's id is; -1 when it is null. */
  id = 0;
  idEnd = 0;
  /** Where the type is, without its quotes. */
  type = 0;
  readonly #times = new TimeReader();

  /** Looks at the line from `start` to `end`, where its newline is. */
  find(bytes: Buffer, start: number, end: number): boolean {
    if (bytes[end - 1] !== brace) return false;
    if (!hasBytes(bytes, start, beforeSeq) && !hasBytes(bytes, start, olderBeforeSeq)) return false;
    const afterSeq = this.#readSeq(bytes, start + beforeSeq.length);
    const time = afterSeq + beforeAt.length;
    if (!hasBytes(bytes, afterSeq, beforeAt) || !hasBytes(bytes, time + timeLength, beforeIncident)) return false;
    this.at = this.#times.read(bytes, time);
    if (Number.isNaN(this.at)) return false;
    const afterId = this.#findId(bytes, time + timeLength + beforeIncident.length);
    this.type = afterId + beforeType.length;
    return hasBytes(bytes, afterId, beforeType);
  }

  /** Returns where the number is over. */
  #readSeq(bytes: Buffer, from: number): number {
    let at = from;
    let seq = 0;
    for (let digit = (bytes[at] as number) - zero; digit >= 0 && digit <= 9; digit = (bytes[at] as number) - zero) {
      seq = seq * 10 + digit;
      at += 1;
    }
    this.seq = seq;
    const isNumber = at > from && at - from < 16 && (bytes[from] !== zero || at === from + 1);
    return isNumber ? at : from - 1; // where no comma is
  }

  /** Returns where the id, or null, is over. */
  #findId(bytes: Buffer, from: number): number {
    this.id = -1;
    if (bytes[from] !== quote) return hasBytes(bytes, from, nothing) ? from + nothing.length : from;
    let at = from + 1;
    for (let byte = bytes[at] as number; byte !== quote; byte = bytes[at] as number) {
      if (byte < 0x20 || byte > 0x7e || byte === backslash) return from;
      at += 1;
    }
    this.id = from + 1;
    this.idEnd = at;
    return at + 1;
  }
}
