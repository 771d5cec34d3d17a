import { cpuSecondsOf } from '../../process-cpu.ts';
import { runWrk } from '../../wrk.ts';
import type { Route } from './routes.ts';

export interface BurstSample {
  requestsPerSecond: number;
  /** With all connections busy. */
  p99Ms: number;
  /** CPU of the server for one request, in microseconds. */
  cpuMicros: number;
  databaseCpuMicros: number;
  /** Shares of one core; `others` is load generator and database together. */
  serverShare: number;
  othersShare: number;
  generatorShare: number;
  [metric: string]: number;
}

const connections = 32;

/** One second of as many requests as 32 connections bring through. @throws Error when one fails */
export async function burst(
  route: Route,
  server: { url: string; pid: number },
  databasePid: number,
): Promise<BurstSample> {
  const seconds = 1;
  const before = { server: cpuSecondsOf(server.pid), database: cpuSecondsOf(databasePid) };
  const { requests, requestsPerSecond, p99Ms, generatorShare } = await runWrk({
    url: server.url + route.path,
    connections,
    seconds,
    script: route.script,
  });
  const serverSeconds = cpuSecondsOf(server.pid) - before.server;
  const databaseSeconds = cpuSecondsOf(databasePid) - before.database;
  return {
    requestsPerSecond,
    p99Ms,
    cpuMicros: (serverSeconds / requests) * 1e6,
    databaseCpuMicros: (databaseSeconds / requests) * 1e6,
    serverShare: serverSeconds / seconds,
    generatorShare,
    othersShare: generatorShare + databaseSeconds / seconds,
  };
}
