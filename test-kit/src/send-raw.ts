import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Everything that came, the status line included. */
  text: string;
}

export interface SendRawOptions {
  /** Closes our side after sending, as a client that goes away in the middle does. */
  end?: boolean;
  timeoutMs?: number;
}

/**
 * Sends bytes as they are: what no HTTP client would. Resolves to the first answer, or to nothing when the server closes without one.
 * @throws Error when there is neither within `timeoutMs`
 */
export function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  options: SendRawOptions = {},
): Promise<RawAnswer | undefined> {
  const { end = false, timeoutMs = 20_000 } = options;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${timeoutMs} ms; so far: ${text.slice(0, 200)}`));
    }, timeoutMs);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(withoutInterim(text))?.[1]);
      resolve(Number.isNaN(status) ? undefined : { status, text });
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (isWhole(text)) finish();
    });
    socket.on('close', finish).on('error', () => undefined); // a reset is an answer too
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => end && socket.end());
  });
}

/** `100 Continue` comes before the answer. */
const withoutInterim = (text: string) => text.replace(/^(HTTP\/1\.1 100 [^\r]*\r\n\r\n)+/, '');

/** An answer with a length is whole when its body is; any other is when the server closes. */
function isWhole(received: string): boolean {
  const text = withoutInterim(received);
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1];
  return length !== undefined && text.length >= headEnd + 4 + Number(length);
}
