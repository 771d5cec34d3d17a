import { readFileSync } from 'node:fs';
import { Agent, type AgentOptions } from 'node:http';
import { join } from 'node:path';
import { ConfigError } from '@stack/service-kit/config';

/** PEM texts of `DOCKER_CERT_PATH`: what the engine is checked against, and what we show it. */
export interface EngineTls {
  ca: string;
  cert: string;
  key: string;
}

export type EngineConnection = { socketPath: string } | { host: string; port: number; tls?: EngineTls };

/** The variables of the Docker CLI, with their meaning there. */
export interface EngineAddress {
  /** `unix:///path` or `tcp://host:port`. */
  dockerHost: string;
  /** DOCKER_TLS_VERIFY: any value switches TLS on, as in the CLI. */
  tlsVerify?: string | undefined;
  /** DOCKER_CERT_PATH: the folder of ca.pem, cert.pem and key.pem. */
  certPath?: string | undefined;
}

/**
 * Reads where the engine is. The certificates are read once: an engine's are replaced together with a restart of its clients.
 * @throws ConfigError that says what is possible instead, or which file is missing
 */
export function readEngineAddress({ dockerHost, tlsVerify, certPath }: EngineAddress): EngineConnection {
  const connection = parseDockerHost(dockerHost);
  if ('socketPath' in connection) return connection;
  const wantsTls = Boolean(tlsVerify) || /^https:/.test(dockerHost);
  if (!wantsTls && !certPath) return connection;
  if (!certPath)
    throw new ConfigError([
      'DOCKER_CERT_PATH: is required with TLS (DOCKER_TLS_VERIFY): the folder of ca.pem, cert.pem and key.pem; mount it into the container.',
    ]);
  const port = hasPort(dockerHost) ? connection.port : 2376;
  return { ...connection, port, tls: readCertificates(certPath) };
}

/** @throws ConfigError naming what is possible */
export function parseDockerHost(dockerHost: string): EngineConnection {
  const unix = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
  if (unix) return { socketPath: unix };
  const url = URL.canParse(dockerHost) ? new URL(dockerHost) : undefined;
  if (url?.protocol === 'ssh:') throw new ConfigError([sshProblem(dockerHost)]);
  if (url && /^(tcp|https?):$/.test(url.protocol) && url.hostname)
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port || (/^https:/.test(dockerHost) ? 2376 : 2375)),
    };
  throw new ConfigError([`DOCKER_HOST: must be unix:///path or tcp://host:port, not ${JSON.stringify(dockerHost)}.`]);
}

const hasPort = (dockerHost: string): boolean => /:\d+\/?$/.test(dockerHost);

const sshProblem = (dockerHost: string): string =>
  `DOCKER_HOST: ssh:// is not supported (${JSON.stringify(dockerHost)}). Run the bot, or "alert-bot agent", on that machine; ` +
  'or forward its socket with "ssh -N -L /run/engine.sock:/var/run/docker.sock <host>" and set DOCKER_HOST=unix:///run/engine.sock.';

function readCertificates(folder: string): EngineTls {
  const problems: string[] = [];
  const read = (name: string): string => {
    const path = join(folder, name);
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      problems.push(
        `DOCKER_CERT_PATH: cannot read ${path} (${reason}). The folder must hold ca.pem, cert.pem and key.pem.`,
      );
      return '';
    }
  };
  const tls = { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
  if (problems.length > 0) throw new ConfigError(problems);
  return tls;
}

/** Without TLS no server is named; left to find that out, Node makes its IPv6 pattern first, 1 ms of the bot's start. */
const plain: AgentOptions & { servername: string } = { keepAlive: false, servername: '' };

/** Loaded by those who need it: most engines are behind a socket. */
export const tlsModule = () => process.getBuiltinModule('node:https');

/** An agent for one call, or for as many as `options` say; the certificates are its own, so that no request needs to name them. */
export function createEngineAgent(connection: EngineConnection, options: AgentOptions = {}): Agent {
  if ('socketPath' in connection || !connection.tls) return new Agent({ ...plain, ...options });
  return new (tlsModule().Agent)({ keepAlive: false, ...options, ...connection.tls });
}
