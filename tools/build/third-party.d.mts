/** The licences of the packages that a bundle is made of; see third-party.mjs. */
export declare function thirdPartyNotices(root: string, inputs: readonly string[]): string;
