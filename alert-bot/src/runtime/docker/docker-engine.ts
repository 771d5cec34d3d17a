import type { Agent } from 'node:http';
import type Docker from 'dockerode';
import type { EngineStats } from '../../containers/read-usage.ts';
import { labels } from './compose-labels.ts';
import {
  createEngineAgent,
  type EngineAddress,
  type EngineConnection,
  readEngineAddress,
} from './engine-connection.ts';
import { AnswerTooLong, EngineUnreachable, translateError } from './engine-error.ts';
import type { ContainerInspect, ContainerSummary, CreateBody, Endpoint, PathStat } from './engine-types.ts';
import { type EventsRequest, readEvents } from './read-events.ts';
import { createStatsReader } from './read-stats.ts';

/** The calls that the adapter makes; nothing else of the Engine API is within reach of the bot. */
export interface DockerEngine {
  ping(): Promise<void>;
  /** For example `1.51`. */
  apiVersion(): Promise<string>;
  /** What it is: Podman names itself among its components. */
  version(): Promise<{ version: string; apiVersion: string; isPodman: boolean }>;
  /** Every container of a compose project, or of the engine, in any state, one-offs included. */
  listContainers(project?: string): Promise<ContainerSummary[]>;
  inspect(id: string): Promise<ContainerInspect>;
  /** Stop and start in one call, which blocks for the whole of both. @param stopGraceMs what the container may take to stop */
  restart(id: string, stopGraceMs: number): Promise<void>;
  start(id: string): Promise<void>;
  stop(id: string, stopGraceMs: number): Promise<void>;
  /** Removes the container and its anonymous volumes, never a named one. */
  remove(id: string, options: { force: boolean }): Promise<void>;
  /** @returns the id of the new container */
  create(name: string, body: CreateBody): Promise<string>;
  connectNetwork(network: string, id: string, endpoint: Endpoint): Promise<void>;
  imageId(reference: string): Promise<string>;
  /** What a container uses at this moment: one reading, without the second that two would take. */
  stats(id: string): Promise<EngineStats>;
  /** The last `lines` lines of both outputs, as the engine sends them (multiplexed unless the container has a terminal). */
  logs(id: string, lines: number): Promise<Buffer>;
  /** Paths that the container's file system has and its image has not. */
  addedPaths(id: string): Promise<string[]>;
  statPath(id: string, path: string): Promise<PathStat>;
  /** One file as a tar archive. @throws AnswerTooLong, whatever size the file was said to have */
  readArchive(id: string, path: string, maxBytes: number): Promise<Buffer>;
  /** Unpacks a tar archive at `/`. */
  writeArchive(id: string, archive: Buffer): Promise<void>;
  /** Follows the events of containers; resolves when the stream ends. */
  events(request: EventsRequest): Promise<void>;
}

export interface DockerEngineOptions extends EngineAddress {
  /** How long a call may take that does not stop or start anything, in milliseconds. */
  callTimeoutMs?: number;
  /** What making, starting or removing a container may take, on top of the grace that it has for stopping. */
  startAllowanceMs?: number;
}

/**
 * The Engine API through dockerode: the only file that imports it.
 * @throws (every call) EngineError when the engine answers with an error, EngineUnreachable when it does not answer in time
 */
export function createDockerEngine(options: DockerEngineOptions): DockerEngine {
  const { callTimeoutMs = 10_000, startAllowanceMs = 30_000 } = options;
  const connection = readEngineAddress(options);
  const call = <T>(
    what: string,
    run: (docker: Docker) => Promise<unknown>,
    { timeoutMs = callTimeoutMs, maxBytes = mebibyte }: Partial<Bounds> = {},
  ) => callWithin<T>(connection, what, run, { timeoutMs, maxBytes });
  const slow = (stopGraceMs: number) => ({ timeoutMs: stopGraceMs + startAllowanceMs });
  const starting = { timeoutMs: startAllowanceMs };

  return {
    ping: () => call('ping', (docker) => docker.ping()),
    apiVersion: async () => (await call<{ ApiVersion: string }>('version', (docker) => docker.version())).ApiVersion,
    version: async () => {
      const { Version, ApiVersion, Components } = await call<Version>('version', (docker) => docker.version());
      const isPodman = (Components ?? []).some(({ Name }) => /podman/i.test(Name ?? ''));
      return { version: Version ?? 'of unknown version', apiVersion: ApiVersion, isPodman };
    },
    listContainers: (project) => {
      const filter = project === undefined ? {} : { filters: { label: [`${labels.project}=${project}`] } };
      return call('list', (docker) => docker.listContainers({ all: true, ...filter }), { maxBytes: 16 * mebibyte });
    },
    inspect: (id) => call('inspect', (docker) => docker.getContainer(id).inspect(), { maxBytes: 4 * mebibyte }),
    restart: (id, grace) => call('restart', (docker) => docker.getContainer(id).restart(), slow(grace)),
    start: (id) => call('start', (docker) => docker.getContainer(id).start(), starting),
    stop: (id, grace) => call('stop', (docker) => docker.getContainer(id).stop(), slow(grace)),
    remove: (id, { force }) => call('remove', (docker) => docker.getContainer(id).remove({ force, v: true }), starting),
    create: async (name, body) => {
      // `createContainer(options)` would repeat every option, Env included, in the URL, and URLs end up in logs.
      const options = { _query: { name }, _body: body } as unknown as Docker.ContainerCreateOptions;
      return (await call<Docker.Container>('create', (docker) => docker.createContainer(options), starting)).id;
    },
    connectNetwork: (network, id, endpoint) => {
      const options = { Container: id, EndpointConfig: endpoint } as Docker.NetworkConnectOptions;
      return call('connect', (docker) => docker.getNetwork(network).connect(options));
    },
    imageId: async (reference) =>
      (await call<{ Id: string }>('image', (docker) => docker.getImage(reference).inspect())).Id,
    stats: createStatsReader(connection),
    logs: async (id, lines) => {
      const options = { stdout: true, stderr: true, tail: lines, follow: false } as const;
      const body = await call<unknown>('logs', (docker) => docker.getContainer(id).logs(options), {
        maxBytes: 4 * mebibyte,
      });
      return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)); // dockerode parses what looks like JSON
    },
    addedPaths: async (id) => {
      type Changes = { Path: string; Kind: number }[] | null;
      const changes = await call<Changes>('changes', (docker) => docker.getContainer(id).changes(), {
        maxBytes: 16 * mebibyte,
      });
      return (changes ?? []).filter(({ Kind }) => Kind === 1).map(({ Path }) => Path);
    },
    statPath: (id, path) =>
      call('stat', async (docker) => readStat(await docker.getContainer(id).infoArchive({ path }))),
    readArchive: (id, path, maxBytes) =>
      call('read', async (docker) => readAll(await docker.getContainer(id).getArchive({ path })), { maxBytes }),
    writeArchive: (id, archive) =>
      call('write', (docker) => docker.getContainer(id).putArchive(archive, { path: '/' })),
    events: (request) => readEvents(connection, request),
  };
}

const mebibyte = 1024 * 1024;

/** What `GET /version` says, as far as it is read. */
interface Version {
  Version?: string;
  ApiVersion: string;
  Components?: { Name?: string }[];
}

/** What a call may take. */
interface Bounds {
  timeoutMs: number;
  /** Of the whole answer with its headers. */
  maxBytes: number;
}

/**
 * Races the call against its deadline, on a connection of its own that is closed either way. dockerode's own timeout is only
 * about idle sockets, and a connection that is cut in the middle of an answer settles nothing at all.
 */
async function callWithin<T>(
  connection: EngineConnection,
  what: string,
  run: (docker: Docker) => Promise<unknown>,
  { timeoutMs, maxBytes }: Bounds,
): Promise<T> {
  const agent = createEngineAgent(connection);
  let timer: NodeJS.Timeout | undefined;
  const bounds = new Promise<never>((_, reject) => {
    const message = `no answer from the Docker engine to ${what} within ${timeoutMs} ms`;
    timer = setTimeout(() => reject(new EngineUnreachable(message, true)), timeoutMs);
    countBytes(agent, maxBytes, () => reject(new AnswerTooLong(what, maxBytes)));
  });
  try {
    return (await Promise.race([connect(connection, agent).then(run), bounds])) as T;
  } catch (error) {
    throw translateError(error, what, connection);
  } finally {
    clearTimeout(timer);
    agent.destroy();
  }
}

/** dockerode keeps an answer in memory until its end, so the bytes are counted where they arrive. */
function countBytes(agent: Agent, maxBytes: number, tooLong: () => void): void {
  const open = agent.createConnection.bind(agent);
  agent.createConnection = (...args) => {
    const socket = open(...args);
    let bytes = 0;
    socket?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) return;
      tooLong();
      socket.destroy();
    });
    return socket;
  };
}

/**
 * Names every option, because dockerode fills what is missing from the environment's DOCKER_HOST. It is loaded by the first call,
 * which the bot's own health check makes right after the start, and not at all with another runtime.
 */
async function connect(connection: EngineConnection, agent: Agent): Promise<Docker> {
  const { default: Engine } = await import('dockerode');
  const { tls, ...address } = { tls: undefined, ...connection };
  const protocol = tls ? 'https' : 'http';
  const unset = {
    socketPath: undefined,
    host: undefined,
    port: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
  };
  return new Engine({ ...unset, protocol, pathPrefix: '/', ...address, agent } as unknown as Docker.DockerOptions);
}

function readStat(response: unknown): PathStat {
  const { headers, resume } = response as { headers: Record<string, string>; resume?: () => void };
  resume?.call(response);
  return JSON.parse(Buffer.from(headers['x-docker-container-path-stat'] ?? '', 'base64').toString()) as PathStat;
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks);
}
