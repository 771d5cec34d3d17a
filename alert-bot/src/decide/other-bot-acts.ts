/** The detail of `observe_only` where a second bot leaves the repair to the first. */
export const otherBotActs = (container: string): string => `another bot, ${container}, acts here`;
