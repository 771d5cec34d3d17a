import type { Observation } from '../runtime/runtime.ts';
import type { Core } from './core.ts';

/** The containers of other bots that repair some of the targets, by name: there this bot only observes. */
export const findOtherBots = ({ services }: Observation): string[] =>
  [...new Set([...services.values()].flatMap(({ actedOnBy }) => actedOnBy ?? []))].sort();

/** Says once which other bots act where this one could, and again when that changed. */
export function createBotNotes({ observer, options }: Pick<Core, 'observer' | 'options'>): () => void {
  let told = '';
  return () => {
    const last = observer.last();
    if (!last) return;
    const otherBots = findOtherBots(last);
    if (otherBots.join() === told) return;
    told = otherBots.join();
    if (otherBots.length > 0)
      options.logger.warn({ otherBots }, 'another bot repairs the same containers: this one only observes them');
    else options.logger.info('no other bot repairs the same containers any more: this one acts on them');
  };
}
