import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConfigError } from '@stack/service-kit/config';
import { type PortName, portNames } from './config.ts';

/**
 * Tries the ports that are named; 0 is any free one.
 * @throws ConfigError that names every port that is taken, and the variable that changes it
 */
export async function assertPortsFree(config: Partial<Record<PortName, number>> & { BIND_ADDRESS: string }) {
  const problems: string[] = [];
  const names = portNames.filter((name) => config[name] !== undefined);
  for (const name of names) {
    const port = config[name] as number;
    const host = name === 'DB_PORT' ? '127.0.0.1' : config.BIND_ADDRESS;
    const reason = await whyNot(port, host);
    const twin = port === 0 ? undefined : names.find((other) => other !== name && config[other] === port);
    if (reason === 'EADDRINUSE')
      problems.push(`${name}: port ${port} is taken. Stop what uses it, or choose another: ${name}=${another(port)}.`);
    else if (reason) problems.push(`${name}: cannot listen on ${host}:${port} (${reason}).`);
    else if (twin) problems.push(`${name}: port ${port} is also ${twin}. Choose another: ${name}=${another(port)}.`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

const another = (port: number) => (port > 55_535 ? port - 10_000 : port + 10_000);

/** Whether somebody could listen there now. */
export const isPortFree = async (port: number, host: string): Promise<boolean> =>
  (await whyNot(port, host)) === undefined;

async function whyNot(port: number, host: string): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    server.close();
  }
}
