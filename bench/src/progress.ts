export interface Progress {
  show(text: string): void;
  clear(): void;
}

/** One line that is overwritten on a terminal; elsewhere, in a log, a line for each new text. */
export function createProgress(stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>): Progress {
  let last = '';
  return {
    show: (text) => {
      if (text === last) return;
      last = text;
      stream.write(stream.isTTY ? `\r\u001b[K${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`);
    },
    clear: () => void (stream.isTTY && stream.write('\r\u001b[K')),
  };
}
