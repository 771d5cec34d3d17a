import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The licences of the packages that a bundle is made of, as their texts ask for: name, version, licence and its text.
 * @param inputs paths of the bundle's files from the repository's root, with esbuild's namespace in front or without
 * @throws Error when a package says neither its licence nor its text: then nobody may ship it
 */
export function thirdPartyNotices(root, inputs) {
  const folders = new Set(inputs.flatMap((input) => packageFolder(root, input) ?? []));
  const packages = [...folders].map((folder) => readPackage(folder));
  packages.sort((a, b) => a.title.localeCompare(b.title));
  const parts = packages.map(({ title, license, text }) => `${title}\nLicence: ${license}\n\n${text}`);
  const head = 'This program contains the packages below, under these licences.\n';
  return [head, ...new Set(parts)].join(`\n${'-'.repeat(80)}\n\n`);
}

/** The folder of the package that a file belongs to; of a package in a package the inner one. Undefined for a file of ours. */
function packageFolder(root, input) {
  const path = input.replace(/^[a-z-]+:/, '');
  const [folder] = path.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/) ?? [];
  return folder && resolve(root, folder);
}

function readPackage(folder) {
  const { name, version, license = '' } = JSON.parse(readFileSync(nearestManifest(folder), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  if (license === '' && text === '') throw new Error(`${name} ${version} has no licence`);
  return { title: `${name} ${version}`, license, text: `${text}\n` };
}

const nearestManifest = (folder) =>
  existsSync(join(folder, 'package.json')) ? join(folder, 'package.json') : nearestManifest(dirname(folder));
