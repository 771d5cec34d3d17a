import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBundleCache } from '@stack/test-kit/bundle-cache';
import { startCluster } from '@stack/test-kit/start-cluster';
import type { Bench } from './part.ts';

export interface BenchContextOptions {
  rounds: number;
  node: string;
  signal: AbortSignal;
  progress(text: string): void;
}

/** Big enough that nothing is written out in the middle of a round: both sides of a comparison get the same. */
const databaseSettings = { shared_buffers: '512MB', max_wal_size: '4GB', max_connections: '200' };

/** Lends a part its context and undoes afterwards, last in first out, what it registered; also when it throws. */
export async function withBench<T>(options: BenchContextOptions, use: (bench: Bench) => Promise<T>): Promise<T> {
  const undos: { name: string; undo: () => unknown }[] = [];
  const onStop = (name: string, undo: () => unknown) => void undos.push({ name, undo });
  try {
    const directory = await mkdtemp(join(tmpdir(), 'stack-bench-'));
    onStop('temporary files', () => rm(directory, { recursive: true, force: true }));
    const bundles = createBundleCache();
    onStop('bundles', () => bundles.remove());
    const database = async (settings = {}) => {
      const cluster = await startCluster({ durable: true, settings: { ...databaseSettings, ...settings } });
      onStop('postgres', () => cluster.stop());
      return cluster;
    };
    return await use({ ...options, directory, onStop, bundle: bundles.bundle, database });
  } finally {
    for (const { name, undo } of undos.toReversed())
      await Promise.resolve(undo()).catch((error: Error) => options.progress(`could not clean up ${name}: ${error}`));
  }
}
