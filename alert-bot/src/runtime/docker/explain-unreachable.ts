import { statSync } from 'node:fs';
import type { EngineConnection } from './engine-connection.ts';

interface ConnectionError {
  code?: string;
  message?: string;
}

/** What kept an answer from coming, and what to do about it, in one line. */
export function explainUnreachable(error: ConnectionError, connection: EngineConnection | undefined): string {
  const { code, message } = error;
  const reason = code ?? message ?? String(error);
  if (connection === undefined) return reason;
  const advice =
    'socketPath' in connection
      ? adviseOnSocket(code, connection.socketPath)
      : adviseOnAddress(code, message, connection);
  return advice === undefined ? reason : `${reason}: ${advice}`;
}

function adviseOnSocket(code: string | undefined, path: string): string | undefined {
  if (code === 'ENOENT')
    return (
      `there is no socket ${path}; mount the engine's socket there. Rootless Docker has it in $XDG_RUNTIME_DIR/docker.sock, ` +
      'Podman in /run/podman/podman.sock or $XDG_RUNTIME_DIR/podman/podman.sock'
    );
  if (code === 'EACCES' || code === 'EPERM') return adviseOnPermission(path);
  if (code !== 'ECONNREFUSED' && code !== 'ENOTSOCK') return undefined;
  if (isDirectory(path))
    return `${path} is a folder: Docker made it because the path that is mounted there does not exist on the host; mount the socket's real path (DOCKER_SOCKET)`;
  return `no engine listens on ${path}; start it, or mount the socket of the one that runs`;
}

function adviseOnAddress(
  code: string | undefined,
  message: string | undefined,
  connection: { host: string; port: number; tls?: unknown },
): string | undefined {
  const where = `${connection.host}:${connection.port}`;
  if (code === 'ECONNREFUSED')
    return `nothing listens on ${where}; check DOCKER_HOST and that the engine or the socket proxy runs`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `the name ${connection.host} is not known; check DOCKER_HOST, and that the bot is on a network with the socket proxy`;
  if (connection.tls) return adviseOnTls(code, message, where);
  if (code === 'ECONNRESET' || /Parse Error/.test(message ?? ''))
    return `${where} does not speak plain HTTP; for TLS set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH`;
  return undefined;
}

function adviseOnTls(code: string | undefined, message: string | undefined, where: string): string | undefined {
  if (/SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED|CERT_SIGNATURE|ISSUER/.test(code ?? ''))
    return `the certificate of ${where} is not signed by DOCKER_CERT_PATH/ca.pem; take the ca.pem that belongs to the engine`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `the certificate of ${where} is for another name; use a name that it has in DOCKER_HOST`;
  if (code === 'CERT_HAS_EXPIRED') return `the certificate of ${where} has expired; renew it on the engine`;
  if (/wrong.version.number|packet.length/i.test(`${code} ${message}`))
    return `${where} does not speak TLS; unset DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or use the engine's TLS port (2376)`;
  if (/alert|ECONNRESET|EPIPE/i.test(`${code} ${message}`))
    return `${where} refuses the certificate in DOCKER_CERT_PATH/cert.pem; it must be signed by the authority that the engine trusts (--tlscacert)`;
  return undefined;
}

function adviseOnPermission(path: string): string {
  try {
    const { uid, gid } = statSync(path);
    return (
      `permission denied on ${path} (owner ${uid}:${gid}, the bot is ${process.getuid?.()}:${process.getgid?.()}); ` +
      `run the bot as the socket's owner, user: '${uid}:1000' on its service (ALERT_BOT_USER=${uid}:1000 in the files of this project)`
    );
  } catch {
    return `permission denied on ${path}; run the bot as the socket's owner, user: '<uid>:1000' on its service (ALERT_BOT_USER)`;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
