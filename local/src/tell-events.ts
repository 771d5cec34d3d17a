import type { ProcessEvent } from './managed-process.ts';
import type { Running } from './stack-context.ts';

/** What becomes of a part is told; one that we stop ourselves ends silently. */
export function tellEvents(name: string, { options, isStopping }: Running): (event: ProcessEvent) => void {
  const { console: out } = options;
  let endedAt: number | undefined;
  let wasUnhealthy = false;
  return (event) => {
    if (event.type === 'line') return out.part(name, event.line, isStopping());
    if (isStopping()) return;
    if (event.type === 'ended') {
      endedAt ??= Date.now();
      out.say(`${name} ended (${event.ending}); it is started again in ${seconds(event.againInMs)}`);
    } else if (event.health === 'unhealthy') {
      wasUnhealthy = true;
      out.say(`${name} is unhealthy: ${(event.detail ?? 'no answer').slice(0, 120)}`);
    } else if (event.health === 'healthy') {
      if (endedAt !== undefined) out.say(`${name} is back, healthy after ${seconds(Date.now() - endedAt)}`);
      else if (wasUnhealthy) out.say(`${name} is healthy again`);
      endedAt = undefined;
      wasUnhealthy = false;
    }
  };
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
