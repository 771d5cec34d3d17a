import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Hands on each line of a stream. */
export const eachLine = (stream: Readable, take: (line: string) => void) =>
  void createInterface({ input: stream }).on('line', take);

/**
 * `{"level":"info","time":…,"msg":"listening","port":1}` → `info  listening {"port":1}`; what is not JSON stays. Of an error its
 * message is shown.
 */
export function readable(line: string): string {
  try {
    const { level, time: _time, service: _service, version: _version, msg, err, ...others } = JSON.parse(line);
    const rest = { ...others, ...(err !== undefined && { err: err.message ?? err }) };
    const details = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
    return `${String(level).padEnd(5)} ${msg}${details}`;
  } catch {
    return line;
  }
}
