import { repository } from './render-configuration.ts';

type BundleService = (service: string, outfile: string) => Promise<unknown>;

/** The bundle that the image ships too. Always anew: it takes a tenth of a second, and nobody runs yesterday's. */
export async function bundle(service: string, outfile: string): Promise<string> {
  const { bundleService } = (await import(`${repository}/tools/build/bundle-service.mjs`)) as {
    bundleService: BundleService;
  };
  await bundleService(service, outfile);
  return outfile;
}
