import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Clock } from './clock.ts';
import { leakMemory } from './leak-memory.ts';
import { readOwnMemory } from './own-memory.ts';

export interface ProcessFaults {
  memoryLeakMbPerSecond?: number | undefined;
  memoryLeakUpTo?: number | undefined;
  cpuBurnThreads?: number | undefined;
  eventLoopBlockMs?: number | undefined;
  fileDescriptorsPerSecond?: number | undefined;
}

/** Their values of the metrics' label `fault`. */
export const processFaultNames = ['memory_leak', 'cpu_burn', 'event_loop_block', 'file_descriptor_leak'] as const;
export type ProcessFaultName = (typeof processFaultNames)[number];

export const processFaultFields: Readonly<Record<ProcessFaultName, keyof ProcessFaults>> = {
  memory_leak: 'memoryLeakMbPerSecond',
  cpu_burn: 'cpuBurnThreads',
  event_loop_block: 'eventLoopBlockMs',
  file_descriptor_leak: 'fileDescriptorsPerSecond',
};

export interface ProcessFaultDeps {
  clock: Clock;
  /** Aborts when the faults end or are changed. */
  signal: AbortSignal;
  onInjected: (fault: ProcessFaultName) => void;
  /** What the leak takes for its limit where no container sets one. */
  memoryLimitBytes?: number | undefined;
}

/** Switches them on until `signal` aborts. */
export function startProcessFaults(faults: ProcessFaults, deps: ProcessFaultDeps): void {
  const { memoryLeakMbPerSecond: mbPerSecond, memoryLeakUpTo: upTo } = faults;
  const { cpuBurnThreads, eventLoopBlockMs, fileDescriptorsPerSecond } = faults;
  const { clock, signal, onInjected, memoryLimitBytes } = deps;
  const onLeak = () => onInjected('memory_leak');
  const readMemory = () => readOwnMemory(memoryLimitBytes);
  if (mbPerSecond) void leakMemory({ mbPerSecond, upTo }, { clock, signal, onLeak, readMemory });
  if (cpuBurnThreads) burnCpu(cpuBurnThreads, deps);
  if (eventLoopBlockMs) void blockEventLoop(eventLoopBlockMs, deps);
  if (fileDescriptorsPerSecond) void leakFileDescriptors(fileDescriptorsPerSecond, deps);
}

/**
 * Keeps `threads` cores busy. In threads of their own: on the main one the loop would also stop `/metrics` and `/faults`,
 * and nobody could see the fault or end it.
 */
function burnCpu(threads: number, { signal, onInjected }: ProcessFaultDeps): void {
  for (let i = 0; i < threads; i++) {
    const worker = new Worker('for (;;);', { eval: true });
    worker.unref();
    signal.addEventListener('abort', () => void worker.terminate(), { once: true });
    onInjected('cpu_burn');
  }
}

/** Between two blocks, so that `/metrics` and `/faults` are answered in the end. */
const breathMs = 200;

/** As a synchronous call on the main thread does: it takes no CPU, and nothing else is answered meanwhile. */
async function blockEventLoop(blockMs: number, { clock, signal, onInjected }: ProcessFaultDeps): Promise<void> {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  await clock.sleep(breathMs, signal); // the answer to PUT /faults goes out first
  while (!signal.aborted) {
    onInjected('event_loop_block');
    Atomics.wait(nothing, 0, 0, blockMs);
    await clock.sleep(breathMs, signal);
  }
}

/** More than a healthy service opens, and a bound: the limit of some machines is a million. */
export const maxLeakedDescriptors = 4_000;
const leakEveryMs = 100;

/** Opens files until the bound, or until the system refuses; then keeps them. */
async function leakFileDescriptors(perSecond: number, { clock, signal, onInjected }: ProcessFaultDeps): Promise<void> {
  const leaked: number[] = [];
  signal.addEventListener('abort', () => leaked.splice(0).forEach(closeSync), { once: true });
  for (let due = 0; !signal.aborted && due < maxLeakedDescriptors; ) {
    due = Math.min(maxLeakedDescriptors, due + (perSecond * leakEveryMs) / 1_000);
    if (!openUntil(due, leaked, onInjected)) return;
    await clock.sleep(leakEveryMs, signal);
  }
}

/** @returns false when the system has no more to give: then the fault is complete */
function openUntil(count: number, leaked: number[], onInjected: ProcessFaultDeps['onInjected']): boolean {
  try {
    while (leaked.length < Math.floor(count)) {
      leaked.push(openSync(devNull, 'r'));
      onInjected('file_descriptor_leak');
    }
    return true;
  } catch {
    return false;
  }
}
