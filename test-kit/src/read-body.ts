import type { IncomingMessage } from 'node:http';

/** The whole body of a request; undefined when its sender goes away before the end, as a program does that is being stopped. */
export async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  try {
    return Buffer.concat(await req.toArray());
  } catch {
    return undefined;
  }
}
