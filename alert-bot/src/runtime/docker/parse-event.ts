import type { ContainerEvent } from './engine-types.ts';

/** The events that are asked for. Those of health checks are left out: there may be hundreds of them a second. */
export const watchedActions = ['create', 'start', 'stop', 'die', 'kill', 'destroy', 'oom'] as const;

interface Message {
  Type?: unknown;
  Action?: unknown;
  Actor?: { ID?: unknown; Attributes?: { signal?: unknown } | null } | null;
  time?: unknown;
  timeNano?: unknown;
}

/** One line of `GET /events`; undefined for anything that is not one of the watched events of a container. */
export function parseEvent(line: string): ContainerEvent | undefined {
  const message = parseMessage(line);
  const action = watchedActions.find((known) => known === message?.Action);
  const id = message?.Actor?.ID;
  if (!action || typeof id !== 'string' || message?.Type !== 'container') return undefined;
  const timeNano = readTime(line, message);
  const signal = message.Actor?.Attributes?.signal;
  return { id, action, timeNano, ...(typeof signal === 'string' && { signal }) };
}

function parseMessage(line: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

/** From the text, because nanoseconds since 1970 are more than a number holds exactly. */
function readTime(line: string, { time }: Message): bigint {
  const exact = /"timeNano":(\d{1,20})/.exec(line)?.[1];
  if (exact !== undefined) return BigInt(exact);
  return typeof time === 'number' && Number.isSafeInteger(time) ? BigInt(time) * 1_000_000_000n : 0n;
}
