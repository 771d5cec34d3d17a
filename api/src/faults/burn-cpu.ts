import { Worker } from 'node:worker_threads';

/**
 * Keeps `threads` cores busy until `signal` aborts. In threads of their own: on the main one the loop would also stop
 * `/metrics` and `/faults`, and nobody could see the fault or end it.
 */
export function burnCpu(threads: number, { signal, onBurn }: { signal: AbortSignal; onBurn: () => void }): void {
  for (let i = 0; i < threads; i++) {
    const worker = new Worker('for (;;);', { eval: true });
    worker.unref();
    signal.addEventListener('abort', () => void worker.terminate(), { once: true });
    onBurn();
  }
}
