import type { ContainerEvent } from './engine-types.ts';

/** The events that are asked for. Those of the commands of health checks are left out: there may be hundreds of them a second. */
export const watchedActions = ['create', 'start', 'stop', 'die', 'kill', 'oom', 'destroy', 'rename', 'health_status'];

const plainActions = ['create', 'start', 'stop', 'die', 'kill', 'oom', 'destroy', 'rename'] as const;

interface Message {
  Type?: unknown;
  Action?: unknown;
  Actor?: { ID?: unknown; Attributes?: Record<string, unknown> | null } | null;
  HealthStatus?: unknown;
  time?: unknown;
  timeNano?: unknown;
}

/** One line of `GET /events`; undefined for anything that is not one of the watched events of a container. */
export function parseEvent(line: string): ContainerEvent | undefined {
  const message = parseMessage(line);
  const action = message && readAction(message);
  const id = message?.Actor?.ID;
  if (!message || !action || typeof id !== 'string' || message.Type !== 'container') return undefined;
  const labels = readTexts(message.Actor?.Attributes);
  const { signal, name, exitCode = labels['containerExitCode'] } = labels;
  return {
    ...{ id, action, timeNano: readTime(line, message), labels },
    ...(signal !== undefined && { signal }),
    ...(exitCode !== undefined && { exitCode: Number(exitCode) }),
    ...(name !== undefined && { name }),
  };
}

/** Docker says `health_status: unhealthy`; Podman says `health_status` and has the word in a field of its own. */
function readAction({ Action, HealthStatus }: Message): ContainerEvent['action'] | undefined {
  const health = Action === 'health_status' ? HealthStatus : /^health_status: (.*)$/.exec(String(Action))?.[1];
  if (health === 'healthy' || health === 'unhealthy') return health;
  return plainActions.find((known) => known === Action);
}

/** Names are outside words, so the object has no prototype. */
function readTexts(attributes: Record<string, unknown> | null | undefined): Record<string, string> {
  const texts: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(attributes ?? {})) if (typeof value === 'string') texts[name] = value;
  return texts;
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
