import type { ServerResponse } from 'node:http';
import type { FakeContainer } from './fake-container.ts';

/** As many as the engine remembers. */
const maxRemembered = 256;

interface Message {
  Type: 'container';
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  time: number;
  timeNano: number;
}

type Filters = Partial<Record<'event' | 'label' | 'type', string[]>>;

/** `GET /events`: the last 256 events, and a stream of those to come. */
export interface EngineEvents {
  emit(action: string, container: FakeContainer, attributes?: Record<string, string>): void;
  subscribe(query: URLSearchParams, res: ServerResponse): void;
  /** Cuts every stream, as an engine that restarts does. */
  cut(): void;
  /** Ends every stream in the middle of a line. */
  tear(): void;
  /** Sends nothing more over the streams that are open, and does not close them. */
  stall(): void;
  /** Sends every event so many times. */
  repeat(times: number): void;
  /** The engine's clock is so much behind ours from now on, in milliseconds. */
  setBack(ms: number): void;
  /** Forgets what it remembers, as the events of health checks make it do. */
  forget(): void;
  subscribers(): number;
}

export function createEngineEvents(): EngineEvents {
  let remembered: string[] = [];
  const streams = new Map<ServerResponse, Filters>();
  let lastMicro = 0;
  let behindMs = 0;
  let times = 1;
  const cut = () => {
    for (const res of streams.keys()) res.destroy();
    streams.clear();
  };

  return {
    emit: (action, { Id, Name, Config }, attributes = {}) => {
      lastMicro = Math.max((Date.now() - behindMs) * 1_000, lastMicro + 1);
      const message = {
        Type: 'container',
        Action: action,
        Actor: { ID: Id, Attributes: { ...Config.Labels, name: Name.slice(1), ...attributes } },
        time: Math.floor(lastMicro / 1_000_000),
      };
      // a number of nanoseconds is not exact in JavaScript, and the engine sends it as one
      const line = `${JSON.stringify(message).slice(0, -1)},"timeNano":${lastMicro}000}`;
      remembered = [...remembered, line].slice(-maxRemembered);
      for (const [res, filters] of streams) if (matches(line, filters)) res.write(`${line}\n`.repeat(times));
    },
    subscribe: (query, res) => {
      const filters = JSON.parse(query.get('filters') ?? '{}') as Filters;
      const [seconds = '0', nanos = '0'] = (query.get('since') ?? '').split('.');
      const since = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
      res.writeHead(200, { 'content-type': 'application/json' });
      res.flushHeaders();
      const isWanted = (line: string) => query.has('since') && timeOf(line) >= since && matches(line, filters);
      for (const line of remembered.filter(isWanted)) res.write(`${line}\n`);
      streams.set(res, filters);
      res.on('close', () => streams.delete(res));
    },
    cut,
    tear: () => {
      for (const res of streams.keys()) res.write('{"Type":"container","Action":"die","Actor":{"ID":"', cut);
    },
    stall: () => streams.clear(),
    repeat: (count) => {
      times = count;
    },
    setBack: (ms) => {
      behindMs = ms;
      lastMicro = 0;
    },
    forget: () => {
      remembered = [];
    },
    subscribers: () => streams.size,
  };
}

const timeOf = (line: string): bigint => BigInt(/"timeNano":(\d+)/.exec(line)?.[1] ?? 0);

function matches(line: string, { event, label, type }: Filters): boolean {
  const { Action, Type, Actor } = JSON.parse(line) as Message;
  const hasLabel = (wanted: string) => {
    const [name = '', value] = wanted.split(/=(.*)/s);
    return Object.hasOwn(Actor.Attributes, name) && (value === undefined || Actor.Attributes[name] === value);
  };
  const isAsked = (asked: string) => Action === asked || Action.startsWith(`${asked}: `);
  return (event?.some(isAsked) ?? true) && (type?.includes(Type) ?? true) && (label?.every(hasLabel) ?? true);
}
