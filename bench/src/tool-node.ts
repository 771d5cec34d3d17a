import { fileURLToPath } from 'node:url';

/** The major version in the images' `FROM`; the npm packages `node-<platform>-<arch>` hold the official builds. */
const imageNodeMajor = 24;

const platform = process.platform === 'win32' ? 'win' : process.platform;
const packageName = `node-${platform}-${process.arch}`;

export const toolNodePackage = `${packageName}@${imageNodeMajor}`;

/** `BENCH_NODE`, this process's own Node when it is the images' major version, or the one under bench/.tools. */
export function toolNodePath(): string {
  const { BENCH_NODE } = process.env;
  if (BENCH_NODE) return BENCH_NODE;
  if (process.versions.node.startsWith(`${imageNodeMajor}.`)) return process.execPath;
  return fileURLToPath(new URL(`../.tools/node_modules/${packageName}/bin/node`, import.meta.url));
}
