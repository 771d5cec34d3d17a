import { type IncomingMessage, request } from 'node:http';
import type { EngineStats } from '../../containers/read-usage.ts';
import { createEngineAgent, type EngineConnection, tlsModule } from './engine-connection.ts';
import { AnswerTooLong, EngineError, EngineUnreachable } from './engine-error.ts';

/** An engine before API 1.41 takes two readings, a second apart. */
const timeoutMs = 3_000;
/** An answer has a few kilobytes; one line for each core and each disk. */
const maxBytes = 1024 * 1024;
/** As many as are measured at a time. */
const maxSockets = 4;

/**
 * Reads what a container uses at this moment. Asked hundreds of times a minute, so on connections that stay open, and without
 * dockerode, which makes a client and a connection for each call.
 * @returns a reader. It throws EngineError when the engine answers with an error, EngineUnreachable when it does not answer in time
 */
export function createStatsReader(connection: EngineConnection): (id: string) => Promise<EngineStats> {
  const agent = createEngineAgent(connection, { keepAlive: true, maxSockets });
  const { tls, ...address } = { tls: undefined, ...connection };
  return (id) =>
    new Promise((resolve, reject) => {
      const options = { ...address, path: `/containers/${id}/stats?stream=false&one-shot=true`, agent } as const;
      const req = tls ? tlsModule().request({ ...options, ...tls }) : request(options);
      const settle = (error: Error | undefined, stats: EngineStats = {}) => {
        clearTimeout(timer);
        if (error === undefined) return resolve(stats);
        req.destroy();
        reject(error);
      };
      const fail = (reason: string) => settle(new EngineUnreachable(`a container cannot be measured: ${reason}`, true));
      const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs).unref();
      req.on('error', (error) => fail(error.message));
      req.on('response', (res) => readAnswer(res, settle, fail));
      req.end();
    });
}

function readAnswer(
  res: IncomingMessage,
  settle: (error: Error | undefined, stats?: EngineStats) => void,
  fail: (reason: string) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  res.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) settle(new AnswerTooLong('measure', maxBytes));
  });
  res.on('error', (error) => fail(error.message));
  res.on('close', () => fail('the answer was cut off')); // changes nothing after `end`
  res.on('end', () => {
    const { statusCode = 0 } = res;
    if (statusCode !== 200)
      return settle(new EngineError(statusCode, `the engine answered ${statusCode} to measure a container`));
    try {
      settle(undefined, JSON.parse(Buffer.concat(chunks).toString()) as EngineStats);
    } catch {
      fail('its answer is not JSON');
    }
  });
}
