/** Bundles a service; see build.mjs. */
export declare function bundleService(service: string, outfile?: string): Promise<unknown>;
