import { difference, type Figure } from '../../figures.ts';
import { interleave, valuesOf } from '../../interleave.ts';
import type { Bench, Part, PartResult } from '../../part.ts';
import { dockerEngine } from '../../requirements.ts';
import { readBotEvents } from './bot-events.ts';
import { startStack } from './stack.ts';
import { pollMs } from './until.ts';
import { byBot, byHand, type HealSample } from './ways.ts';

export const heal: Part = {
  name: 'heal',
  title: 'From the webhook to a healthy target, beside a person with docker restart',
  needs: [dockerEngine],
  run,
};

async function run(bench: Bench): Promise<PartResult> {
  const stack = await startStack(bench);
  const events = await readBotEvents(stack.botUrl);
  bench.onStop('bot events', () => events.close());
  await byHand(stack);
  await byBot(stack, events);
  const samples = await interleave(bench, { bot: () => byBot(stack, events), hand: () => byHand(stack) });
  return {
    figures: [
      compare(samples, 'until /health answers from the new process', 'servesMs'),
      compare(samples, 'until it is known to be healthy with a new start time', 'knownHealthyMs'),
    ],
    notes: [
      `Both sides are asked every ${pollMs} ms. Docker calls a container healthy with its first health check, a second after the start.`,
    ],
  };
}

const compare = (samples: Record<'bot' | 'hand', HealSample[]>, what: string, metric: 'servesMs' | 'knownHealthyMs') =>
  difference({
    what: `webhook to healthy: ${what}`,
    unit: 'ms',
    reference: 'docker restart by hand',
    ours: valuesOf(samples.bot, metric),
    theirs: valuesOf(samples.hand, metric),
    reach: { atMost: 250 },
  }) satisfies Figure;
