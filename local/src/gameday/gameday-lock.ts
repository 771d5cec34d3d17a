import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { askStatus, socketIn } from '../control-socket.ts';

/**
 * One game day at a time for each stack, whatever clone it is started from. Held by a process, so one that was killed holds nothing.
 * @returns a function that gives the lock back
 * @throws Error when another one runs
 */
export async function lockGameday(api: string): Promise<() => Promise<void>> {
  const path = socketIn(tmpdir(), `gameday-${encodeURIComponent(api)}.sock`);
  const other = await askStatus(path);
  if (other) throw new Error(`Another game day runs on the stack at ${api} (process ${other.pid}).`);
  await rm(path, { force: true }); // of one that was killed
  const server = createServer((_req, res) => {
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ pid: process.pid }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
