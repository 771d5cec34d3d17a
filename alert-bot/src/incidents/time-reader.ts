/**
 * Reads times as the log writes them, `2026-01-31T12:00:00.000Z`, straight from the bytes: `Date.parse` is a quarter of what
 * folding a line costs. One day is remembered, as most lines are of the same day as the line before.
 */
export class TimeReader {
  readonly #day = Buffer.alloc(11);
  #midnight = Number.NaN;

  /** Milliseconds since the epoch of the 24 bytes at `at`; NaN for anything that is not written like that. */
  read(bytes: Buffer, at: number): number {
    if (!this.#isSameDay(bytes, at)) this.#turnTo(bytes, at);
    const hours = twoDigits(bytes, at + 11);
    const minutes = twoDigits(bytes, at + 14);
    const seconds = twoDigits(bytes, at + 17);
    const tenths = twoDigits(bytes, at + 20);
    const last = digit(bytes, at + 22);
    if (hours > 23 || minutes > 59 || seconds > 59 || !isPunctuated(bytes, at)) return Number.NaN;
    return this.#midnight + ((hours * 60 + minutes) * 60 + seconds) * 1_000 + tenths * 10 + last;
  }

  #isSameDay(bytes: Buffer, at: number): boolean {
    for (let i = 10; i >= 0; i -= 1) if (bytes[at + i] !== this.#day[i]) return false;
    return true;
  }

  #turnTo(bytes: Buffer, at: number): void {
    bytes.copy(this.#day, 0, at, at + 11);
    const day = this.#day.toString('latin1');
    const midnight = `${day}00:00:00.000Z`;
    this.#midnight = /^\d{4}-\d\d-\d\dT$/.test(day) ? Date.parse(midnight) : Number.NaN;
  }
}

/** NaN makes every sum that it is part of NaN, and every comparison false. */
function digit(bytes: Buffer, at: number): number {
  const value = (bytes[at] as number) - 0x30;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

const twoDigits = (bytes: Buffer, at: number) => digit(bytes, at) * 10 + digit(bytes, at + 1);

const isPunctuated = (bytes: Buffer, at: number) =>
  bytes[at + 13] === 0x3a && bytes[at + 16] === 0x3a && bytes[at + 19] === 0x2e && bytes[at + 23] === 0x5a;
