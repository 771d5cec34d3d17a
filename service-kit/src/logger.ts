import { type DestinationStream, type Logger, pino } from 'pino';
import { serviceVersion } from './version.ts';

export type { Logger } from 'pino';

/** Keys that must never reach a log line, at the top level and one level down. */
const secretKeys = ['password', 'token', 'secret', 'authorization', 'cookie', 'connectionString', 'databaseUrl'];
const redactedPaths = [
  ...secretKeys,
  ...secretKeys.map((key) => `*.${key}`),
  'headers.authorization',
  'headers.cookie',
];

export interface LoggerOptions {
  service: string;
  level: string;
  /** Where lines go; standard output by default. */
  destination?: DestinationStream;
}

/** JSON lines with level names, ISO times, the service's name and version, and secrets replaced by `[redacted]`. */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, version: serviceVersion },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
}
