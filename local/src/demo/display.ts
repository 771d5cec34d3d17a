import type { StoryPhase } from './describe-event.ts';
import type { Sample } from './sampler.ts';

export interface Display {
  /** Begins a story; the clock of its lines starts. */
  heading(text: string, at: number): void;
  line(text: string, phase?: StoryPhase, at?: number): void;
  sample(sample: Sample): void;
  close(): void;
}

export interface DisplayOptions {
  write: (text: string) => void;
  /** A terminal gets colours and a live footer. */
  isTTY: boolean;
  columns?: number;
}

const marks: Partial<Record<StoryPhase, string>> = {
  injected: '⚡',
  pending: '◔',
  firing: '●',
  received: '→',
  decided: '?',
  acting: '⟳',
  acted: '✓',
  resolved: '○',
  verified: '✓',
  healed: '♥',
  back: '↩',
  failed: '✗',
};
const colours: Partial<Record<StoryPhase, number>> = {
  injected: 35,
  pending: 33,
  firing: 31,
  healed: 32,
  failed: 31,
  decided: 36,
  acting: 36,
};

/** Lines that scroll, and on a terminal three lines below them that live: clock, p95 and backlog. */
export function createDisplay({ write, isTTY, columns = 100 }: DisplayOptions): Display {
  const samples: Sample[] = [];
  let begunAt: number | undefined;
  let footerLines = 0;
  const erase = () => {
    if (footerLines > 0) write(`\u001b[${footerLines}A\u001b[0J`);
    footerLines = 0;
  };
  const drawFooter = () => {
    if (!isTTY || samples.length === 0) return;
    const lines = footer(samples, begunAt, columns);
    write(`${lines.join('\n')}\n`);
    footerLines = lines.length;
  };
  const print = (text: string) => {
    erase();
    write(`${text}\n`);
    drawFooter();
  };
  return {
    heading: (text, at) => {
      begunAt = at;
      print(isTTY ? `\n\u001b[1m${text}\u001b[0m` : `\n== ${text}`);
    },
    line: (text, phase, at = Date.now()) => {
      const clock = begunAt === undefined ? ''.padStart(8) : `${((at - begunAt) / 1_000).toFixed(1)} s`.padStart(8);
      const mark = phase ? (marks[phase] ?? '·') : '·';
      const colour = isTTY && phase ? colours[phase] : undefined;
      print(
        colour ? `\u001b[2m${clock}\u001b[0m  \u001b[${colour}m${mark} ${text}\u001b[0m` : `${clock}  ${mark} ${text}`,
      );
    },
    sample: (sample) => {
      samples.push(sample);
      if (!isTTY) return;
      erase();
      drawFooter();
    },
    close: erase,
  };
}

function footer(samples: readonly Sample[], begunAt: number | undefined, columns: number): string[] {
  const width = Math.max(10, Math.min(60, columns - 40));
  const recent = samples.slice(-width);
  const last = samples.at(-1);
  const clock = begunAt === undefined ? '' : ` +${Math.round((Date.now() - begunAt) / 1_000)} s`;
  const dim = (text: string) => `\u001b[2m${text}\u001b[0m`;
  return [
    dim(`── ${new Date().toTimeString().slice(0, 8)}${clock} ${'─'.repeat(width)}`),
    `p95      ${sparkline(recent.map(({ p95 }) => p95))} ${format(last?.p95)} ms   ${last?.requestsPerSecond.toFixed(0)} requests/s, ${last?.failed} failed`,
    `backlog  ${sparkline(recent.map(({ backlog }) => backlog))} ${format(last?.backlog)}   ${last?.workers ?? '?'} worker(s)`,
  ];
}

const format = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(0));
const bars = '▁▂▃▄▅▆▇█';

/** One character for each value, scaled to the largest; a gap is a space. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const top = Math.max(1, ...values.map((value) => value ?? 0));
  return values
    .map((value) => (value === undefined ? ' ' : bars[Math.min(7, Math.floor((value / top) * 7.999))]))
    .join('');
}
