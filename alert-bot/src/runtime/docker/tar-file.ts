const blockSize = 512;

export interface TarFile {
  /** The path inside the archive, without a leading slash; see `fitsTar`. */
  path: string;
  mode: number;
  uid: number;
  gid: number;
  content: Buffer;
}

/**
 * Reads the plain file that an archive begins with, as `GET /containers/{id}/archive` sends it.
 * @throws Error when it begins with anything else: what was a file a moment ago may be a directory now
 */
export function readTarFile(archive: Buffer): Omit<TarFile, 'path'> {
  for (let at = 0; at + blockSize <= archive.length; ) {
    const header = archive.subarray(at, at + blockSize);
    const size = octal(header, 124, 12);
    const type = String.fromCharCode(header[156] ?? 0);
    const content = archive.subarray(at + blockSize, at + blockSize + size);
    if (header[0] === 0 || content.length !== size) break;
    if (type === '0' || type === '\0')
      return { mode: octal(header, 100, 8), uid: octal(header, 108, 8), gid: octal(header, 116, 8), content };
    if (!'xgLK'.includes(type)) break;
    at += blockSize + Math.ceil(size / blockSize) * blockSize; // its long name or owner comes first
  }
  throw new Error('it holds no plain file at its beginning');
}

/** A ustar archive of `files`, written with the time `mtimeSeconds` (Unix). @throws RangeError for a path that does not fit */
export function writeTar(files: TarFile[], mtimeSeconds: number): Buffer {
  const parts = files.flatMap((file) => {
    const padding = Buffer.alloc((blockSize - (file.content.length % blockSize)) % blockSize);
    return [tarHeader(file, mtimeSeconds), file.content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockSize)]);
}

/** Whether a header has room for `path`: 100 bytes, and 155 more for the directories in front of them. */
export const fitsTar = (path: string): boolean => splitPath(path) !== undefined;

function splitPath(path: string): { prefix: string; name: string } | undefined {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path };
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100 && name !== '') return { prefix, name };
  }
  return undefined;
}

function tarHeader({ path, mode, uid, gid, content }: TarFile, mtimeSeconds: number): Buffer {
  const split = splitPath(path);
  if (!split) throw new RangeError(`the path ${path} is longer than 100 bytes and cannot be split`);
  const header = Buffer.alloc(blockSize);
  header.write(split.name, 0);
  header.write(split.prefix, 345);
  writeOctal(header, mode & 0o7777, 100, 8);
  writeOctal(header, uid, 108, 8);
  writeOctal(header, gid, 116, 8);
  writeOctal(header, content.length, 124, 12);
  writeOctal(header, mtimeSeconds, 136, 12);
  header.write('        ', 148); // the checksum counts its own field as spaces
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  writeOctal(header, checksum, 148, 7);
  return header;
}

const octal = (header: Buffer, at: number, length: number): number =>
  Number.parseInt(
    header
      .toString('latin1', at, at + length)
      .replace(/\0.*$/s, '')
      .trim() || '0',
    8,
  );

const writeOctal = (header: Buffer, value: number, at: number, length: number): void => {
  header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
};
