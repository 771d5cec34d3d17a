// Bundles one service into <service>/dist/main.js: one ESM file with its source map, as the images ship it.
// Usage: node build.mjs <service> [outfile]
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
// Bundled CommonJS packages (express, pg) call require for node's own modules; an ESM file has none of its own.
const banner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

// dockerode loads its SSH transport and its BuildKit session at import; both are never used, are most of its weight, and SSH
// brings native modules that no bundle can hold.
const withoutUnusedTransports = {
  name: 'without-unused-transports',
  setup(build) {
    build.onResolve({ filter: /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader)$/ }, ({ path }) => ({
      path,
      namespace: 'unused',
    }));
    build.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

export function bundleService(service, outfile = join(root, service, 'dist', 'main.js')) {
  const { version } = JSON.parse(readFileSync(join(root, service, 'package.json'), 'utf8'));
  return build({
    entryPoints: [join(root, service, 'src', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    loader: { '.html': 'text', '.md': 'text', '.sql': 'text', '.yml': 'text' },
    external: ['pg-native'],
    plugins: [withoutUnusedTransports],
    define: { __SERVICE_VERSION__: JSON.stringify(version) },
    banner: { js: banner },
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [service, outfile] = process.argv.slice(2);
  if (!service) {
    console.error('usage: node build.mjs <service> [outfile]');
    process.exit(2);
  }
  await bundleService(service, outfile);
}
