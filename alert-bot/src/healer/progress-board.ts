import type { ActionStep } from '../runtime/runtime.ts';
import type { Progress } from './views.ts';

const keptIncidents = 100;
const keptLines = 60;
const maxTextLength = 300;

/** What is happening right now, for who watches. Bounded, in memory only: the log has what counts. */
export interface ProgressBoard {
  step(incident: string, step: ActionStep): void;
  /** A look that says the same as the one before is not told again. */
  look(incident: string, text: string): void;
  of(incident: string): readonly Progress[];
  listen(listener: (progress: Progress) => void): () => void;
}

export function createProgressBoard(at: () => string): ProgressBoard {
  const lines = new Map<string, Progress[]>();
  const listeners = new Set<(progress: Progress) => void>();
  const tell = (progress: Progress) => {
    const known = lines.get(progress.incident) ?? [];
    lines.delete(progress.incident);
    lines.set(progress.incident, [...known.slice(1 - keptLines), progress]);
    const [oldest] = lines.keys();
    if (lines.size > keptIncidents && oldest !== undefined) lines.delete(oldest);
    for (const listener of listeners) listener(progress);
  };
  return {
    step: (incident, { replica, step, detail }) => {
      const text = [replica, detail ? `${step} (${detail})` : step].filter(Boolean).join(': ').slice(0, maxTextLength);
      tell({ incident, at: at(), kind: 'step', text });
    },
    look: (incident, text) => {
      const last = lines.get(incident)?.at(-1);
      if (last?.kind === 'look' && last.text === text) return;
      tell({ incident, at: at(), kind: 'look', text: text.slice(0, maxTextLength) });
    },
    of: (incident) => lines.get(incident) ?? [],
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
