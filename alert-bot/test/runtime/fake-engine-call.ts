import type { Behaviour, FakeContainer } from './fake-container.ts';
import type { EngineEvents } from './fake-engine-events.ts';

export interface EngineState {
  apiVersion: string;
  containers: FakeContainer[];
  /** Reference → image id. */
  images: Record<string, string>;
  nextAddress: number;
  events: string[];
  /** Answers a list with everything it has, as a careless proxy might. */
  ignoresFilters?: boolean;
  /** How containers behave that are created from now on. */
  cloneBehaviour?: Partial<Behaviour>;
  /** What `GET /events` tells; absent on an engine (or behind a proxy) that answers 404 to it. */
  stream?: EngineEvents;
  /** Leaves parts of the body of a creation out and answers 201. */
  forgets?: (body: Record<string, unknown>) => void;
  /** Leaves the networks of a creation out and answers 201. */
  dropsNetworks?: boolean;
  /** Answers as Podman does. */
  isPodman?: boolean;
}

export class EngineProblem extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Call {
  state: EngineState;
  minor: number;
  query: URLSearchParams;
  body: unknown;
  raw: Buffer;
  /** The part of the path that the route's parentheses caught. */
  id: string;
}

export type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

export function find({ state, id }: Call): FakeContainer {
  const found = state.containers.find(
    ({ Id, Name }) => Id === id || Name === `/${id}` || (id.length >= 12 && Id.startsWith(id)),
  );
  if (!found) throw new EngineProblem(404, `No such container: ${id}`);
  return found;
}
