const headerSize = 8;

/**
 * The text of `GET /containers/{id}/logs`. Without a terminal the engine frames each write: one byte for the stream (1 stdout,
 * 2 stderr), three zero bytes, four bytes length (Docker Engine API, ContainerAttach "Stream format"). With one it is raw.
 */
export function demultiplexLog(body: Buffer, hasTerminal: boolean): string {
  if (hasTerminal) return body.toString();
  const parts: Buffer[] = [];
  for (let at = 0; at + headerSize <= body.length; ) {
    const stream = body.readUInt8(at);
    if (stream > 2 || body.readUIntBE(at + 1, 3) !== 0) return Buffer.concat([...parts, body.subarray(at)]).toString();
    const end = at + headerSize + body.readUInt32BE(at + 4);
    parts.push(body.subarray(at + headerSize, end));
    at = end;
  }
  return Buffer.concat(parts).toString();
}
