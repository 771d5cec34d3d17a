import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface MailServer {
  port: number;
  /** Each mail as it came, headers and all. */
  mails: string[];
  stop(): Promise<void>;
}

/** As much SMTP as one delivery without TLS takes. */
export async function startMailServer(): Promise<MailServer> {
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let data: string | undefined;
    let rest = '';
    const line = (text: string) => {
      if (data === undefined) {
        if (/^DATA/i.test(text)) data = '';
        socket.write(/^DATA/i.test(text) ? '354 go\r\n' : /^QUIT/i.test(text) ? '221 bye\r\n' : '250 ok\r\n');
      } else if (text === '.') {
        mails.push(data);
        data = undefined;
        socket.write('250 taken\r\n');
      } else data += `${text}\n`;
    };
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const text of lines) line(text);
    });
    socket.write('220 test\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
