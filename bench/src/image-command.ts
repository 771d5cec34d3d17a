/** What the entry points of the images give to node before the bundle; a test holds them together. */
export const imageNodeFlags = ['--min-semi-space-size=8'];

/** A bundled service as its image starts it. */
export const imageCommand = (node: string, bundle: string): [string, ...string[]] => [node, ...imageNodeFlags, bundle];
