/** Bundles a service; see README.md. */
export declare function bundleService(service: string, outfile?: string): Promise<unknown>;
