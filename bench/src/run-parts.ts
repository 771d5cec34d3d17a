import { withBench } from './context.ts';
import { describeMachine } from './machine.ts';
import type { Part } from './part.ts';
import type { MeasuredPart } from './results.ts';

export interface RunOptions {
  rounds: number;
  node: string;
  signal: AbortSignal;
  progress(text: string): void;
}

/** Measures one part. @throws what the part throws; the signal's reason when the run is stopped */
export async function runPart(part: Part, options: RunOptions): Promise<MeasuredPart> {
  const { node, rounds, signal } = options;
  const startedAt = Date.now();
  const { figures, notes } = await withBench(options, (bench) => part.run(bench));
  signal.throwIfAborted();
  return {
    title: part.title,
    measuredAt: new Date(startedAt).toISOString(),
    seconds: Math.round((Date.now() - startedAt) / 1_000),
    machine: describeMachine(node),
    rounds,
    figures,
    notes,
  };
}
