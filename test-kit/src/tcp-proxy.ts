import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export interface TcpProxy {
  port: number;
  /** The same address, but through the proxy: `postgres://app:secret@127.0.0.1:<proxy>/transactions`. */
  through(url: string): string;
  /** Open connections stay open and hang, in both directions; new ones are accepted and hang too. */
  pause(): void;
  /** Ends `pause`: what was held back is delivered. */
  resume(): void;
  /** New connections are refused (ECONNREFUSED); open ones stay. */
  refuse(): Promise<void>;
  /** Ends `refuse`. */
  accept(): Promise<void>;
  /** Resets every open connection (ECONNRESET). */
  cut(): void;
  /** Milliseconds added to each piece of data, each way. */
  delay(ms: number): void;
  /** Connections that are open now. */
  connections(): number;
  stop(): Promise<void>;
}

interface State {
  isPaused: boolean;
  delayMs: number;
  /** Wakes what `pause` holds back. */
  waiting: Set<() => void>;
  sockets: Set<Socket>;
}

/** A loopback TCP proxy for faults between two processes: what a dead, hanging, refusing or slow network looks like. */
export async function startTcpProxy(target: { port: number; host?: string }): Promise<TcpProxy> {
  const state: State = { isPaused: false, delayMs: 0, waiting: new Set(), sockets: new Set() };
  const forward = (client: Socket) => join(client, connect(target.port, target.host ?? '127.0.0.1'), state);
  const listen = async (onPort: number) => {
    const listener = createServer(forward).listen(onPort, '127.0.0.1');
    await once(listener, 'listening');
    return listener;
  };
  let server: Server | undefined = await listen(0);
  const { port } = server.address() as AddressInfo;
  const refuse = async () => {
    const closing = server;
    server = undefined;
    closing?.close(); // stops listening at once; its 'close' event would wait for the open connections
  };
  const resume = () => {
    state.isPaused = false;
    for (const wake of state.waiting) wake();
    state.waiting.clear();
  };
  const cut = () => {
    for (const socket of state.sockets) socket.resetAndDestroy();
  };
  return {
    port,
    through: (url) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href,
    pause: () => {
      state.isPaused = true;
    },
    resume,
    refuse,
    accept: async () => {
      server ??= await listen(port);
    },
    cut,
    delay: (ms) => {
      state.delayMs = ms;
    },
    connections: () => state.sockets.size / 2,
    stop: async () => {
      await refuse();
      cut();
      resume();
    },
  };
}

function join(client: Socket, upstream: Socket, state: State): void {
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    state.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => other.destroy());
    socket.once('close', () => {
      state.sockets.delete(socket);
      if (socket.errored) other.resetAndDestroy();
    });
    socket.pipe(gate(state)).pipe(other);
  }
}

/** Lets data through, in order, when the proxy is not paused and after its delay. */
function gate(state: State): Transform {
  const pass = async (chunk: Buffer, done: (error: null, chunk: Buffer) => void) => {
    if (state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state.delayMs));
    while (state.isPaused) await new Promise<void>((resolve) => state.waiting.add(resolve));
    done(null, chunk);
  };
  return new Transform({ transform: (chunk, _encoding, done) => void pass(chunk, done) });
}
