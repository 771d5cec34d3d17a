import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  /** Of the Node that the contenders run on. */
  node: string;
}

/** What the figures were measured on. */
export function describeMachine(node: string): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
  };
}
