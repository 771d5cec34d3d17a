import { request } from 'node:http';
import { RuntimeUnavailable } from '../runtime.ts';

export interface AgentAddress {
  /** `http://host:port` or `unix:///path/of.sock`. */
  url: string;
  token?: string | undefined;
}

export interface AgentAnswer {
  status: number;
  /** The parsed body; undefined when it is not JSON. */
  body: unknown;
}

export interface AgentCall {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** An observation of a few hundred containers is well below this. */
const maxAnswerBytes = 16 * 1024 * 1024;

/** One request to the agent on a connection of its own. @throws RuntimeUnavailable when no complete answer came in time */
export function callAgent(address: AgentAddress, call: AgentCall): Promise<AgentAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      clearTimeout(timer);
      req.destroy();
      const message = `no answer from the agent to ${call.method} ${call.path.split('?')[0]}: ${error.message}`;
      reject(call.signal?.aborted ? call.signal.reason : new RuntimeUnavailable(message, { cause: error }));
    };
    const timer = setTimeout(() => fail(new Error(`nothing within ${call.timeoutMs} ms`)), call.timeoutMs);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...(address.token === undefined ? {} : { authorization: `Bearer ${address.token}` }),
    };
    const options = { ...whereTo(address.url), path: call.path, method: call.method, headers, agent: false } as const;
    const req = request(call.signal ? { ...options, signal: call.signal } : options);
    req.on('error', fail);
    req.on('response', (res) => {
      const chunks: Buffer[] = [];
      let size = 0;
      res.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxAnswerBytes) fail(new Error('the answer is too long'));
        chunks.push(chunk);
      });
      res.on('error', fail);
      res.on('close', () => res.complete || fail(new Error('the answer was cut off')));
      res.on('end', () => {
        clearTimeout(timer);
        resolve({ status: res.statusCode ?? 0, body: parseJson(Buffer.concat(chunks).toString()) });
      });
    });
    req.end(body);
  });
}

function whereTo(url: string): { socketPath: string } | { host: string; port: number } {
  const parsed = new URL(url);
  if (parsed.protocol === 'unix:') return { socketPath: decodeURIComponent(parsed.pathname) };
  return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port: Number(parsed.port || 80) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
