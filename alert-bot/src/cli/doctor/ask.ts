import { createLogger } from '@stack/service-kit/logger';
import { createNeighbour, type Neighbour } from '../../verify/neighbour.ts';
import type { SourceAddress } from '../../verify/source-address.ts';

/** Asked as the bot asks, with its login and its limits. */
export const createAsked = (source: 'prometheus' | 'alertmanager', address: SourceAddress): Neighbour =>
  createNeighbour({ source, address, logger: createLogger({ service: 'alert-bot', level: 'silent' }) });

/** Why it did not answer, and what to change, for a source whose variables begin with `prefix`. */
export function remedyFor(prefix: 'PROMETHEUS' | 'ALERTMANAGER', error: string): string {
  if (/40[13]/.test(error)) return `set ${prefix}_USERNAME and ${prefix}_PASSWORD, or ${prefix}_BEARER_TOKEN`;
  if (/ENOTFOUND|EAI_AGAIN/.test(error))
    return `put the bot on its network (networks: in the bot's service), or correct the name in ${prefix}_URL`;
  return `correct ${prefix}_URL, or start it`;
}
