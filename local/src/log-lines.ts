import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Prints one line with the name of who wrote it in front. */
export const printLine = (name: string, text: string) => process.stdout.write(`${name.padEnd(8)} | ${text}\n`);

/** Hands on each line of a stream. */
export const eachLine = (stream: Readable, take: (line: string) => void) =>
  void createInterface({ input: stream }).on('line', take);

/** `{"level":"info","time":…,"msg":"listening","port":1}` → `info  listening {"port":1}`; what is not JSON stays. */
export function readable(line: string): string {
  try {
    const { level, time: _time, service: _service, version: _version, msg, ...rest } = JSON.parse(line);
    const details = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
    return `${String(level).padEnd(5)} ${msg}${details}`;
  } catch {
    return line;
  }
}
