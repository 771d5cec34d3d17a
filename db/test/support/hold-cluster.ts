// Starts a cluster, says so, and waits to be killed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedCluster } from '../../src/embedded-cluster.ts';

const { dataDirectory, pause } = await startEmbeddedCluster();
const pid = Number.parseInt(await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8'), 10);
if (process.argv[2] === 'paused') await pause();
process.stdout.write(JSON.stringify({ pid, dataDirectory }));
setInterval(() => undefined, 1_000);
