import type { MigratedCluster } from '@stack/test-kit/start-cluster';
import type { Figure } from './figures.ts';
import type { Requirement } from './requirements.ts';

/** One row of the table: something of ours beside its references, in the same run. */
export interface Part {
  /** What is typed: `npm run bench -- <name>`. */
  name: string;
  title: string;
  /** What must be there; the run refuses with the commands to type when it is not. */
  needs: readonly Requirement[];
  run(bench: Bench): Promise<PartResult>;
}

export interface PartResult {
  figures: Figure[];
  /** What a reader must know to read the figures: what was saturated, what was left out. */
  notes: string[];
}

/** What a part gets to work with. Everything registered with `onStop` is undone when the part ends, however it ends. */
export interface Bench {
  /** Rounds of each contender, A B A B. */
  rounds: number;
  /** Path of the Node that the images run; all contenders of a comparison run on it. */
  node: string;
  /** A temporary directory, deleted afterwards. */
  directory: string;
  signal: AbortSignal;
  /** One short line on what is going on now. */
  progress(text: string): void;
  onStop(name: string, undo: () => unknown): void;
  /** Resolves to the path of a service's `main.js`, bundled as its image ships it. */
  bundle(service: string): Promise<string>;
  /** A PostgreSQL 18 of the part's own that flushes every commit to the disk (`fsync=on`). */
  database(settings?: Record<string, string>): Promise<MigratedCluster>;
}
