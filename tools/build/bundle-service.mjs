// Bundles one service into <service>/dist/main.js: one CommonJS file with its source map, as the images ship it. See README.md.
// Usage: node tools/build/bundle-service.mjs <service> [outfile]      BUILD_PLAIN=1: without any plugin
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { fewMediaTypes } from './plugins/few-media-types.mjs';
import { leaveOut } from './plugins/leave-out.mjs';
import { loadLate } from './plugins/load-late.mjs';
import { packagesByName } from './plugins/packages-by-name.mjs';
import { thirdPartyNotices } from './third-party.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** SSH and its native modules are loaded by dockerode for an address of ssh:// only, which the bot refuses. */
const neverLoaded = ['ssh2', '@grpc/grpc-js', '@grpc/proto-loader', 'pg-native'];

/**
 * CommonJS, not ESM: an ESM import of node:http reads every property of the module, and one of them loads the whole of undici, 20 ms and 12 MB
 * that a server has no use for (Node 24); the ESM loader itself takes another 10 ms.
 * @param isPlain without the plugins: larger and slower to start, and otherwise the same; to tell a fault of ours from one of theirs
 */
export async function bundleService(
  service,
  outfile = join(root, service, 'dist', 'main.js'),
  isPlain = process.env.BUILD_PLAIN === '1',
) {
  const { version } = JSON.parse(readFileSync(join(root, service, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, service, 'src', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    loader: { '.html': 'text', '.md': 'text', '.sql': 'text', '.yml': 'text' },
    external: isPlain ? neverLoaded : ['pg-native'],
    plugins: isPlain ? [] : [leaveOut, loadLate, fewMediaTypes, packagesByName],
    define: { __SERVICE_VERSION__: JSON.stringify(version), 'import.meta.url': '__bundleUrl' },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    inject: [join(root, 'service-kit', 'src', 'bundle-stacks.ts')],
    logLevel: 'warning',
  });
  const directory = dirname(outfile);
  const inputs = Object.keys(metafile.inputs);
  if (service === 'alert-bot') {
    inputs.push(...(await bundleConsole(join(directory, 'console'))));
    copyFileSync(join(root, service, 'RUNBOOK.md'), join(directory, 'RUNBOOK.md'));
  }
  writeFileSync(join(directory, 'THIRD-PARTY.txt'), thirdPartyNotices(root, inputs));
  declareCommonJs(directory);
}

/** The bot's page; resolves to its inputs. Imported here, because the images of the other services are built without it. */
async function bundleConsole(directory) {
  const { buildConsole } = await import('../../alert-bot/console/build.mjs');
  return buildConsole(directory);
}

/** Below a package.json of type module Node would take the file for ESM; without any it parses the file twice to find out. */
function declareCommonJs(directory) {
  try {
    writeFileSync(join(directory, 'package.json'), '{ "type": "commonjs" }\n', { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error; // an earlier bundle's, or somebody's own
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [service, outfile] = process.argv.slice(2);
  if (!service) {
    console.error('usage: node tools/build/bundle-service.mjs <service> [outfile]');
    process.exit(2);
  }
  await bundleService(service, outfile);
}
