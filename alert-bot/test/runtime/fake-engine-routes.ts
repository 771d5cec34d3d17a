import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateBody, Endpoint } from '../../src/runtime/docker/engine-types.ts';
import {
  createContainer,
  defaultBehaviour,
  type FakeContainer,
  lookAt,
  present,
  startContainer,
  stopContainer,
} from './fake-container.ts';
import { readArchive, stat, writeArchive } from './fake-engine-archives.ts';
import { type Answer, type Call, EngineProblem, type EngineState, find } from './fake-engine-call.ts';
import { describeState, statsOf } from './fake-engine-stats.ts';
import { podmanNetworks, podmanVersion, presentAsPodman } from './fake-podman.ts';

const noContent: Answer = { status: 204 };

const routes: [string, RegExp, (call: Call) => Answer | Promise<Answer>][] = [
  ['GET', /^\/_ping$/, () => ({ status: 200, body: Buffer.from('OK') })],
  [
    'GET',
    /^\/version$/,
    ({ state }) => ({ status: 200, body: { ApiVersion: state.apiVersion, ...(state.isPodman && podmanVersion) } }),
  ],
  ['GET', /^\/containers\/json$/, list],
  ['POST', /^\/containers\/create$/, create],
  ['GET', /^\/containers\/([^/]+)\/json$/, inspect],
  ['POST', /^\/containers\/([^/]+)\/restart$/, act('restart')],
  ['POST', /^\/containers\/([^/]+)\/start$/, act('start')],
  ['POST', /^\/containers\/([^/]+)\/stop$/, act('stop')],
  ['DELETE', /^\/containers\/([^/]+)$/, remove],
  ['GET', /^\/containers\/([^/]+)\/stats$/, (call) => ({ status: 200, body: statsOf(find(call)) })],
  ['GET', /^\/containers\/([^/]+)\/logs$/, (call) => ({ status: 200, body: frames(find(call)) })],
  ['GET', /^\/containers\/([^/]+)\/changes$/, changes],
  ['HEAD', /^\/containers\/([^/]+)\/archive$/, stat],
  ['GET', /^\/containers\/([^/]+)\/archive$/, readArchive],
  ['PUT', /^\/containers\/([^/]+)\/archive$/, writeArchive],
  ['POST', /^\/networks\/([^/]+)\/connect$/, connect],
  ['GET', /^\/images\/(.+)\/json$/, image],
];

export function answer(state: EngineState, req: IncomingMessage, body: unknown, raw: Buffer): Answer | Promise<Answer> {
  const url = new URL(req.url ?? '/', 'http://engine');
  const path = url.pathname.replace(/^\/v1\.\d+/, '');
  const minor = Number(state.apiVersion.split('.')[1]);
  for (const [method, pattern, handle] of routes) {
    const match = method === req.method ? pattern.exec(path) : null;
    if (match)
      return handle({ state, minor, query: url.searchParams, body, raw, id: decodeURIComponent(match[1] ?? '') });
  }
  throw new EngineProblem(404, 'page not found');
}

function list({ state, query }: Call): Answer {
  const wanted = (JSON.parse(query.get('filters') ?? '{}') as { label?: string[] }).label ?? [];
  const has = ({ Config }: FakeContainer) =>
    state.ignoresFilters ||
    wanted.every((label) => {
      const [name = '', value] = label.split(/=(.*)/s);
      return name in Config.Labels && (value === undefined || Config.Labels[name] === value);
    });
  const shown = state.containers.filter((one) => has(one) && (query.has('all') || one.State.Running));
  const body = shown.map(({ Id, Name, State, Config, HostConfig, NetworkSettings, Mounts }) => ({
    Id,
    Names: [Name],
    Image: Config.Image,
    Command: [...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])].join(' '),
    State: State.Status,
    Status: describeState(State),
    Labels: Config.Labels,
    HostConfig: { NetworkMode: HostConfig.NetworkMode },
    NetworkSettings,
    Mounts,
  }));
  return { status: 200, body };
}

function inspect(call: Call): Answer {
  const container = find(call);
  const before = container.State.Health?.Status;
  lookAt(container);
  const after = container.State.Health?.Status;
  if (container.State.Running && after !== before && after !== 'starting')
    call.state.stream?.emit(`health_status: ${after}`, container);
  const body = present(container, call.minor);
  return { status: 200, body: call.state.isPodman ? presentAsPodman(body) : body };
}

/** start on running and stop on stopped change nothing: 304. A port that is taken shows at start: 500. */
function act(verb: 'restart' | 'start' | 'stop') {
  return async (call: Call): Promise<Answer> => {
    const container = find(call);
    const { state } = call;
    if (verb === 'start' && container.State.Running) return { status: 304 };
    if (verb === 'stop' && !container.State.Running) return { status: 304 };
    state.events.push(`${verb} ${container.Name.slice(1)}`);
    if (verb !== 'start' && container.State.Running) stop(state, container);
    if (verb === 'stop') return noContent;
    if (container.behaviour.downForMs) await sleep(container.behaviour.downForMs);
    assertPortsFree(state, container);
    startContainer(container, () => `172.18.0.${state.nextAddress++}`);
    state.stream?.emit('start', container);
    if (verb === 'restart') state.stream?.emit('restart', container);
    return noContent;
  };
}

function stop({ stream }: EngineState, container: FakeContainer): void {
  stream?.emit('kill', container, { signal: '15' });
  stopContainer(container);
  stream?.emit('stop', container);
  stream?.emit('die', container, { exitCode: '0' });
}

function assertPortsFree(state: EngineState, starting: FakeContainer): void {
  const fixed = fixedPorts(starting);
  const others = state.containers.filter((one) => one !== starting && one.State.Running);
  if (others.some((one) => fixedPorts(one).some((port) => fixed.includes(port))))
    throw new EngineProblem(500, 'driver failed programming external connectivity: port is already allocated');
}

const fixedPorts = ({ HostConfig }: FakeContainer): string[] =>
  Object.values(HostConfig.PortBindings ?? {}).flatMap((list) =>
    (list ?? []).map(({ HostPort = '' }) => HostPort).filter(Boolean),
  );

function create({ state, minor, query, body }: Call): Answer {
  const name = query.get('name') ?? '';
  const spec = body as CreateBody;
  if (state.containers.some(({ Name }) => Name === `/${name}`))
    throw new EngineProblem(409, `Conflict. The container name "/${name}" is already in use`);
  const imageId = resolveImage(state, spec.Image);
  if (!imageId) throw new EngineProblem(404, `No such image: ${spec.Image}`);
  const problem = findSpecProblem(spec, minor);
  if (problem) throw new EngineProblem(400, problem);
  state.forgets?.(spec as unknown as Record<string, unknown>);
  const named = state.dropsNetworks ? { ...spec, NetworkingConfig: { EndpointsConfig: {} } } : spec;
  const made = state.isPodman ? { ...named, NetworkingConfig: { EndpointsConfig: podmanNetworks(named) } } : named;
  const container = createContainer(name, made, imageId, { ...defaultBehaviour, ...state.cloneBehaviour });
  state.containers.push(container);
  state.events.push(`create ${name}`);
  state.stream?.emit('create', container);
  return { status: 201, body: { Id: container.Id, Warnings: [] } };
}

function findSpecProblem(
  { NetworkingConfig, HostConfig, MacAddress, Hostname }: CreateBody,
  minor: number,
): string | undefined {
  const endpoints = Object.values(NetworkingConfig?.EndpointsConfig ?? {});
  if (minor < 44 && endpoints.length > 1) return 'Container cannot be connected to network endpoints';
  if (minor >= 52 && MacAddress) return 'container-wide MAC address is not supported';
  const mode = HostConfig.NetworkMode ?? '';
  if (mode === 'host' && endpoints.some(({ Aliases }) => Aliases))
    return 'network-scoped alias is supported only for user-defined networks';
  if (mode.startsWith('container:') && Hostname) return 'conflicting options: hostname and the network mode';
  return undefined;
}

const resolveImage = (state: EngineState, reference: string): string | undefined =>
  state.images[reference] ?? Object.values(state.images).find((id) => id === reference);

function image({ state, id }: Call): Answer {
  const found = resolveImage(state, id);
  if (!found) throw new EngineProblem(404, `No such image: ${id}`);
  return { status: 200, body: { Id: found } };
}

function remove(call: Call): Answer {
  const container = find(call);
  if (container.State.Running && call.query.get('force') !== 'true')
    throw new EngineProblem(409, 'cannot remove: container is running');
  call.state.containers = call.state.containers.filter((one) => one !== container);
  call.state.events.push(`remove ${container.Name.slice(1)} v=${call.query.get('v')}`);
  call.state.stream?.emit('destroy', container);
  return noContent;
}

function connect(call: Call): Answer {
  const { Container, EndpointConfig } = call.body as { Container: string; EndpointConfig: Endpoint };
  const container = find({ ...call, id: Container });
  container.NetworkSettings.Networks ??= {};
  const networks = container.NetworkSettings.Networks;
  if (call.id in networks) throw new EngineProblem(403, `endpoint already exists in network ${call.id}`);
  networks[call.id] = EndpointConfig;
  return { status: 200 };
}

function frames({ behaviour, Config }: FakeContainer): Buffer {
  if (Config.Tty) return Buffer.from(`${behaviour.log.join('\n')}\n`);
  const framed = behaviour.log.map((line, index) => {
    const payload = Buffer.from(`${line}\n`);
    const header = Buffer.from([(index % 2) + 1, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(payload.length, 4);
    return Buffer.concat([header, payload]);
  });
  return Buffer.concat(framed);
}

function changes(call: Call): Answer {
  const paths = Object.keys(find(call).behaviour.files);
  return { status: 200, body: paths.length > 0 ? paths.map((Path) => ({ Path, Kind: 1 })) : null };
}
