import { type DestinationStream, type Logger, pino } from 'pino';
import { serviceVersion } from './version.ts';

export type { Logger } from 'pino';

interface FlushedStream extends DestinationStream {
  flushSync(): void;
}

/** A logger of the same lines without the search for secrets, for lines whose fields are all known to hold none. */
export const withoutRedaction = (logger: Logger): Logger => logger.child({}, { redact: [] });

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

/**
 * Standard output, written once per turn of the event loop: a system call for each line was a quarter of the CPU of a
 * request that inserts a row. What is lost when the process is killed are the lines of that one turn; every other end,
 * `process.exit` and uncaught exceptions included, writes them.
 */
function openStandardOutput(): FlushedStream {
  const output = pino.destination({ dest: 1, sync: true, minLength: 8 * 1024, maxLength: 1_048_576 });
  output.on('error', () => undefined); // nobody reads any more, or the disk is full: lines are dropped, the service goes on
  let scheduled = false;
  const flush = () => {
    scheduled = false;
    output.flush();
  };
  process.once('exit', flush);
  const write = (line: string) => {
    output.write(line);
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };
  return { write, flushSync: flush }; // not output.flushSync: on a full disk that one never returns
}

let opened: FlushedStream | undefined;

/** One for the process, however many loggers there are. */
function standardOutput(): FlushedStream {
  opened ??= openStandardOutput();
  return opened;
}

/** JSON lines with level names, ISO times, the service's name and version, and secrets replaced by `[redacted]`. */
export function createLogger({ service, level, destination = standardOutput() }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, version: serviceVersion },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '[redacted]' },
  };
  return pino(options, destination);
}
