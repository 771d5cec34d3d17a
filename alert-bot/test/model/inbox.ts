import type { Channel } from '../../src/notify/channel.ts';
import type { ModelClock } from './model-clock.ts';

/** A person's mailbox. What arrives is noted by incident and time of the event that it is about. */
export function createInbox(clock: ModelClock) {
  const messages: { life: number; keys: string[] }[] = [];
  const inbox = {
    messages,
    down: false,
    channelOf: (life: number): Channel => ({
      name: 'slack',
      deliver: async ({ id = '', body }) => {
        await clock.sleep(100);
        if (inbox.down) throw new Error('HTTP 503');
        messages.push({ life, keys: isAboutMany(id) ? keysOf(body) : [keyOfId(id)] });
      },
    }),
  };
  return inbox;
}

/** `incident.first-last.at` instead of `incident.number.at`. */
const isAboutMany = (id: string): boolean => id.split('.')[1]?.includes('-') ?? true;

const keyOfId = (id: string): string => {
  const [incident, , at] = id.split('.');
  return `${incident} ${at}`;
};

/** Of a message about many: one line for each. */
const keysOf = (body: string): string[] =>
  [...body.matchAll(/^- (\S+) .*\/ui\/incidents\/(\S+)$/gm)].map(
    ([, at = '', incident]) => `${incident} ${Date.parse(at)}`,
  );
