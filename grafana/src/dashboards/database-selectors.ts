/** Label matchers of the server as the exporter sees it. */
export const server = 'job="postgres-exporter",instance=~"$instance"';
/** Label matchers of our database on it. */
export const database = `${server},datname="transactions"`;
/** Rate of a counter of our database. */
export const rateOf = (counter: string): string => `sum(rate(${counter}{${database}}[$interval]))`;
