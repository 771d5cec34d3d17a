import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface BundleCache {
  /** Resolves to the path of the service's `main.js`, bundled as the images ship it. */
  bundle(service: string): Promise<string>;
  remove(): Promise<void>;
}

type BundleService = (service: string, outfile: string) => Promise<unknown>;

/** Each service is bundled at most once; the files are in one temporary directory. */
export function createBundleCache(): BundleCache {
  const bundles = new Map<string, Promise<string>>();
  let directory: Promise<string> | undefined;

  const make = async (service: string) => {
    directory ??= mkdtemp(join(tmpdir(), 'stack-bundles-'));
    const outfile = join(await directory, service, 'main.js');
    const script = new URL('../../tools/build/bundle-service.mjs', import.meta.url).href;
    const { bundleService } = (await import(script)) as { bundleService: BundleService };
    await bundleService(service, outfile);
    return outfile;
  };
  return {
    bundle: (service) => {
      const known = bundles.get(service) ?? make(service);
      bundles.set(service, known);
      return known;
    },
    remove: async () => {
      await Promise.allSettled(bundles.values());
      if (directory) await rm(await directory, { recursive: true, force: true });
    },
  };
}
