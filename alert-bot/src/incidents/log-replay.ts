import { type FoldedLines, LineFolder } from './line-folder.ts';
import type { LogMemory, ReplayMemory } from './log-memory.ts';
import { readBlocks } from './read-blocks.ts';
import { readAlerts } from './unread-alert.ts';

export interface LogRecovery {
  events: number;
  /** Lines that are no events, with their numbers (the first ten). They are left where they are. */
  unreadable: { count: number; lines: number[] };
  /** Bytes of a torn last line, moved to `<path>.torn`. */
  tornBytes: number;
}

/** Folds a file into the memory. `end` is where a torn last line begins. */
export async function replayLog(path: string, memory: LogMemory) {
  const { replay } = memory;
  let folded = await foldAll(path, memory, replay);
  if (replay && !(await readAlerts(path, replay))) {
    // An alert that was left for later is damaged, so its incident should not have begun: everything is parsed, in order.
    replay.clear();
    folded = await foldAll(path, memory, undefined);
  }
  replay?.settle();
  return folded;
}

async function foldAll(path: string, memory: LogMemory, replay: ReplayMemory | undefined) {
  const folder = new LineFolder(memory, replay);
  const { end } = await readBlocks(path, {
    onBlock: (block, offset) => folder.fold(block, offset),
    onTooLong: () => folder.skip(),
  });
  const { events, unreadable, seq }: FoldedLines = folder.result;
  const recovery: LogRecovery = { events, unreadable, tornBytes: 0 };
  return { recovery, end, seq };
}
