import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConfigError } from '@stack/service-kit/config';
import type { LocalConfig } from './config.ts';

const portNames = ['API_PORT', 'WORKER_PORT', 'DB_PORT'] as const;

/** @throws ConfigError that names every port that is taken, and the variable that changes it */
export async function assertPortsFree(config: Pick<LocalConfig, (typeof portNames)[number] | 'BIND_ADDRESS'>) {
  const problems: string[] = [];
  for (const name of portNames) {
    const reason = await whyNot(config[name], name === 'DB_PORT' ? '127.0.0.1' : config.BIND_ADDRESS);
    if (reason === 'EADDRINUSE')
      problems.push(
        `${name}: port ${config[name]} is taken. Stop what uses it, or choose another: ${name}=${config[name] + 10_000}.`,
      );
    else if (reason) problems.push(`${name}: cannot listen on ${config.BIND_ADDRESS}:${config[name]} (${reason}).`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

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
