import { readTarFile, writeTar } from '../../src/runtime/docker/tar-file.ts';
import { type Answer, type Call, EngineProblem, find } from './fake-engine-call.ts';

function fileOf(call: Call) {
  const path = call.query.get('path') ?? '';
  const file = find(call).behaviour.files[path];
  if (!file) throw new EngineProblem(404, `Could not find the file ${path}`);
  return { path, ...file };
}

export function stat(call: Call): Answer {
  const { path, content, mtime, claimedSize } = fileOf(call);
  const size = claimedSize ?? content.length;
  const json = JSON.stringify({ name: path.split('/').at(-1), size, mode: 0o444, mtime });
  return { status: 200, headers: { 'x-docker-container-path-stat': Buffer.from(json).toString('base64') } };
}

export function readArchive(call: Call): Answer {
  const { path, content, mtime } = fileOf(call);
  const entry = { path: path.split('/').at(-1) ?? '', mode: 0o444, uid: 0, gid: 0, content: Buffer.from(content) };
  return { status: 200, body: writeTar([entry], Math.floor(Date.parse(mtime) / 1000)) };
}

export function writeArchive(call: Call): Answer {
  const { files } = find(call).behaviour;
  for (let at = 0; call.raw[at]; ) {
    const { content } = readTarFile(call.raw.subarray(at));
    const text = (from: number, length: number) =>
      call.raw.toString('latin1', from, from + length).replace(/\0.*$/s, '');
    const name = [text(at + 345, 155), text(at, 100)].filter(Boolean).join('/');
    files[`/${name}`] = { content: content.toString(), mtime: new Date().toISOString() };
    at += 512 + Math.ceil(content.length / 512) * 512;
  }
  return { status: 200 };
}
