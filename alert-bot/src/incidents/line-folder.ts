import type { EventOf, IncidentEvent } from './event.ts';
import { hasBytes } from './has-bytes.ts';
import { LineHead } from './line-head.ts';
import { parseEvent } from './log-line.ts';
import type { LogMemory, ReplayMemory } from './log-memory.ts';
import { unreadLabels } from './unread-alert.ts';

export interface FoldedLines {
  events: number;
  /** The highest sequence number; -1 when there is none. */
  seq: number;
  unreadable: { count: number; lines: number[] };
}

const newline = 0x0a;
const received = Buffer.from('received"');
const evidence = Buffer.from('evidence"');
const decided = Buffer.from('decided"');
const resolved = Buffer.from('resolved"');
const firing = Buffer.from(',"alert":{"status":"firing","labels":{');
const over = Buffer.from(',"alert":{"status":"resolved","labels":{');

/** Texts of lines after their heads that are remembered parsed. */
const maxBodies = 500;
const maxBodyLength = 300;

type Received = EventOf<'received'>;
/** Both kinds change one incident, cannot fail, and are most lines of a storm. */
type Short = EventOf<'decided'> | EventOf<'resolved'>;
const isShort = (event: IncidentEvent): event is Short => event.type === 'decided' || event.type === 'resolved';

const unread = (status: 'firing' | 'resolved'): Received => ({
  ...{ v: 2, seq: 0, at: '', incident: '', type: 'received' },
  alert: { status, labels: unreadLabels, startsAt: '', fingerprint: '' },
});

/**
 * Folds lines into the memory in the order of the file. Most lines of a long log are about incidents that are long over, so
 * what is not needed is not parsed: alerts (their incidents say where they are), evidence, and decisions whose words were
 * seen before. Any line that is not written as the log writes it, and all without a `replay` memory, is parsed whole.
 */
export class LineFolder {
  readonly result: FoldedLines = { events: 0, seq: -1, unreadable: { count: 0, lines: [] } };
  readonly #memory: LogMemory;
  readonly #replay: ReplayMemory | undefined;
  readonly #head = new LineHead();
  readonly #bodies = new Map<string, Short>();
  readonly #firing = unread('firing');
  readonly #resolved = unread('resolved');
  #id = '';
  #number = 0;

  constructor(memory: LogMemory, replay: ReplayMemory | undefined) {
    this.#memory = memory;
    this.#replay = replay;
  }

  /** `block` holds complete lines and begins at `offset` of its file. */
  fold(block: Buffer, offset: number): void {
    // Blocks that a power cut left unwritten are read as zeros: what is around them is not believed unparsed.
    const replay = block.includes(0) ? undefined : this.#replay;
    let start = 0;
    for (let end = block.indexOf(newline); end !== -1; end = block.indexOf(newline, start)) {
      this.#number += 1;
      if (!replay || !this.#foldQuickly(replay, block, start, end, offset)) this.#parse(block, start, end);
      start = end + 1;
    }
  }

  /** A line that is too long to be looked at. */
  skip(): void {
    this.#number += 1;
    this.#unreadable();
  }

  #unreadable(): void {
    const { unreadable } = this.result;
    unreadable.count += 1;
    if (unreadable.lines.length < 10) unreadable.lines.push(this.#number);
  }

  #parse(block: Buffer, start: number, end: number): void {
    const { result } = this;
    try {
      const event = parseEvent(block.toString('utf8', start, end));
      if (!event) throw new Error('not an event');
      result.seq = Math.max(result.seq, event.seq);
      this.#memory.apply(event);
      result.events += 1;
    } catch {
      this.#unreadable();
    }
  }

  #foldQuickly(replay: ReplayMemory, block: Buffer, start: number, end: number, offset: number): boolean {
    const head = this.#head;
    if (!head.find(block, start, end) || head.id === -1) return false;
    const event = this.#eventOf(block, start, end);
    if (event === undefined) return false;
    if (event !== null) replay.fold(event, head.at, offset + start);
    if (head.seq > this.result.seq) this.result.seq = head.seq;
    this.result.events += 1;
    return true;
  }

  /** Null when the line changes nothing, undefined when it has to be parsed. */
  #eventOf(block: Buffer, start: number, end: number): Received | Short | null | undefined {
    const { type } = this.#head;
    if (hasBytes(block, type, received)) return this.#received(block);
    if (hasBytes(block, type, evidence)) return null;
    if (hasBytes(block, type, decided) || hasBytes(block, type, resolved)) return this.#short(block, start, end);
    return undefined;
  }

  #received(block: Buffer): Received | undefined {
    const status = this.#head.type + received.length;
    const isFiring = hasBytes(block, status, firing);
    if (!isFiring && !hasBytes(block, status, over)) return undefined;
    const event = isFiring ? this.#firing : this.#resolved;
    event.incident = this.#incident(block);
    event.seq = this.#head.seq;
    return event;
  }

  #short(block: Buffer, start: number, end: number): Short | undefined {
    const { type } = this.#head;
    const words = block.toString('latin1', type, end);
    const known = this.#bodies.get(words) ?? this.#remember(words, block.toString('utf8', start, end));
    if (known) {
      known.incident = this.#incident(block);
      known.seq = this.#head.seq; // names the message to a person, if there is one
    }
    return known;
  }

  #remember(words: string, line: string): Short | undefined {
    const event = parseEvent(line);
    const { seq, at } = this.#head;
    // A key may come twice in a line, and the last one counts: then the head was not to be believed.
    if (!event || !isShort(event) || event.seq !== seq || Date.parse(event.at) !== at) return undefined;
    if (this.#bodies.size === maxBodies) this.#bodies.clear();
    if (words.length <= maxBodyLength) this.#bodies.set(words, event);
    return event;
  }

  /** Lines of one incident often follow each other. */
  #incident(block: Buffer): string {
    const { id, idEnd } = this.#head;
    if (!isText(block, id, idEnd, this.#id)) this.#id = block.toString('latin1', id, idEnd);
    return this.#id;
  }
}

function isText(bytes: Buffer, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i += 1) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}
