import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBody } from '@stack/test-kit/read-body';
import type { CreateBody } from '../../src/runtime/docker/engine-types.ts';
import {
  type Behaviour,
  createContainer,
  defaultBehaviour,
  type FakeContainer,
  startContainer,
} from './fake-container.ts';
import { EngineProblem, type EngineState } from './fake-engine-call.ts';
import { createEngineEvents } from './fake-engine-events.ts';
import { createPeople, type People } from './fake-engine-people.ts';
import { answer } from './fake-engine-routes.ts';

export interface RecordedRequest {
  method: string;
  /** With its query. */
  url: string;
  body: unknown;
}

/** What goes wrong with the requests that match. */
export interface Fault {
  /** Matched against `METHOD /path?query`. */
  on: RegExp;
  /**
   * `hang` never answers; `reset` cuts the line before doing anything; `cut` does what was asked and cuts the line instead of
   * answering; a number answers with that status and does nothing.
   */
  how: 'hang' | 'reset' | 'cut' | number;
  /** How many requests it hits; for ever when absent. */
  times?: number;
  message?: string;
  /** Armed when this one hits. */
  next?: Fault;
}

export interface FakeEngine {
  /** For `DOCKER_HOST`. */
  dockerHost: string;
  socketPath: string;
  state: EngineState;
  requests: RecordedRequest[];
  /** Each action on a container, in order: `restart name`, `start name`, … */
  events: string[];
  fail(fault: Fault): void;
  /** Forgets every fault. */
  recover(): void;
  /** Adds a container as if compose had made it, and starts it. */
  seed(name: string, body: CreateBody, behaviour?: Partial<Behaviour>): FakeContainer;
  /** What others than the bot do. */
  people: People;
  stop(): Promise<void>;
}

export interface FakeEngineOptions {
  /** For example 1.41 or 1.51. */
  apiVersion?: string;
  /** False: `GET /events` is answered with 404. */
  hasEvents?: boolean;
}

/** The part of the Docker Engine API that the adapter uses, over HTTP on a unix socket, as faithful as FACTS and real answers go. */
export async function startFakeEngine({
  apiVersion = '1.51',
  hasEvents = true,
}: FakeEngineOptions = {}): Promise<FakeEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'fake-engine-'));
  const socketPath = join(directory, 'docker.sock');
  const state: EngineState = {
    apiVersion,
    containers: [],
    images: { 'app:1': 'sha256:one' },
    nextAddress: 2,
    events: [],
    ...(hasEvents && { stream: createEngineEvents() }),
  };
  const requests: RecordedRequest[] = [];
  const faults: Fault[] = [];
  const server = createServer(async (req, res) => {
    const raw = await readBody(req);
    if (raw === undefined) return;
    const body = parseBody(req, raw);
    requests.push({ method: req.method ?? '', url: req.url ?? '', body });
    const fault = takeFault(faults, `${req.method} ${req.url}`);
    if (fault?.how === 'hang') return;
    if (fault?.how === 'reset') return void req.socket.destroy();
    if (typeof fault?.how === 'number') return send(res, fault.how, { message: fault.message ?? 'an injected fault' });
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://engine');
    if (state.stream && pathname === '/events') return state.stream.subscribe(searchParams, res);
    const result = await outcome(() => answer(state, req, body, raw));
    if (fault?.how === 'cut') return void req.socket.destroy();
    sendResult(res, result);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    dockerHost: `unix://${socketPath}`,
    socketPath,
    state,
    requests,
    events: state.events,
    fail: (fault) => void faults.push(fault),
    recover: () => {
      faults.length = 0;
    },
    seed: (name, body, behaviour) => {
      const container = createContainer(name, body, 'sha256:one', { ...defaultBehaviour, ...behaviour });
      state.containers.push(container);
      state.stream?.emit('create', container);
      startContainer(container, () => `172.18.0.${state.nextAddress++}`);
      state.stream?.emit('start', container);
      return container;
    },
    people: createPeople(state),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function parseBody(req: IncomingMessage, raw: Buffer): unknown {
  return raw.length > 0 && req.headers['content-type']?.includes('json') ? JSON.parse(raw.toString()) : undefined;
}

function takeFault(faults: Fault[], request: string): Fault | undefined {
  const fault = faults.find(({ on, times }) => on.test(request) && times !== 0);
  if (fault?.times !== undefined) fault.times -= 1;
  if (fault?.next) faults.unshift({ ...fault.next });
  return fault;
}

type Result = { status: number; body?: unknown; headers?: Record<string, string> };

async function outcome(run: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof EngineProblem) return { status: error.status, body: { message: error.message } };
    throw error;
  }
}

function sendResult(res: ServerResponse, { status, body, headers = {} }: Result): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  send(res, status, body);
}

function send(res: ServerResponse, status: number, body: unknown): void {
  res.statusCode = status;
  if (Buffer.isBuffer(body)) return void res.end(body);
  if (body === undefined) return void res.end();
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify(body));
}
