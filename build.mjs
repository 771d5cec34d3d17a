// Bundles one service into <service>/dist/main.js: one CommonJS file with its source map, as the images ship it.
// Usage: node build.mjs <service> [outfile]
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));

// Weight that nothing of ours can reach; what is left out is an empty module.
// - dockerode's SSH transport and BuildKit session, and the protobuf that only the session speaks: SSH brings native modules that no bundle can hold
// - OpenTelemetry, which prom-client asks for the span of an exemplar (ours have none), and its push gateway with all of TLS
// - pino's worker threads: our lines go to standard output
// - qs, for query strings with nested names: ours are parsed by node
// - express's parsers for bodies, with every charset and compression there is: ours are UTF-8 JSON as it is, and json-body.ts reads them. Whatever
//   a client can reach in a bundle must be whole: a part of a parser was missing once, and a header of a request ended the process.
const leftOut = {
  packages:
    /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs(\/.*)?|@opentelemetry\/api|thread-stream|qs|body-parser)$/,
  files: /prom-client\/lib\/pushgateway\.js$/,
};
// What packages use at import and we do not need whole, in the little that we need of it:
// - sonic-boom checks its arguments with node:assert, which brings a terminal's colours: 7 ms of a start
// - express and dockerode print to standard error when DEBUG says so, and look for its terminal at import: another 7 ms
const inLittle = {
  assert: {
    users: /node_modules\/sonic-boom\//,
    contents: 'module.exports = (truth, message) => { if (!truth) throw new Error(message); };',
  },
  debug: { users: /./, contents: 'module.exports = () => Object.assign(() => {}, { enabled: false });' },
  // - pino asks for threads at import, only to know that it is not in one
  worker_threads: { users: /node_modules\/pino\//, contents: 'module.exports = { isMainThread: true };' },
  // - docker-modem describes every request for that debug, whether or not it is printed
  util: { users: /node_modules\/docker-modem\/lib\/modem\.js$/, contents: "module.exports = { inspect: () => '' };" },
};

const withoutUnreachableWeight = {
  name: 'without-unreachable-weight',
  setup(build) {
    const empty = () => ({ contents: 'module.exports = {};' });
    build.onResolve({ filter: leftOut.packages }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, empty);
    build.onLoad({ filter: leftOut.files }, empty);
    build.onResolve({ filter: /^(assert|debug|worker_threads|util)$/ }, ({ path, importer }) =>
      inLittle[path].users.test(importer) ? { path, namespace: 'in-little' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'in-little' }, ({ path }) => ({ contents: inLittle[path].contents }));
  },
};

// What packages name at import and use later, if at all: parts of Node (crypto alone takes 4 ms), the sixty error classes of http-errors (3 ms)
// and four copies of mime-types (2 ms), streams for archives and terminals that the bot never asks of Docker, the engine for patterns in runbooks
// (8 ms), which few runbooks have; and of ours the schemas of requests (4 ms). They are loaded at their first use.
const late = {
  ofNode: /^(node:)?(crypto|zlib|dns|tls|https|v8|worker_threads)$/,
  files:
    /\/node_modules\/(http-errors\/index|mime-types\/index|pg\/lib\/crypto\/utils|tar-fs\/index|re2js\/build\/index|docker-modem\/lib\/http_duplex)\.js$|\/api\/src\/transactions\/schemas\.ts$/,
};

const withLateModules = {
  name: 'with-late-modules',
  setup(build) {
    build.onResolve({ filter: late.ofNode }, ({ path, namespace }) =>
      namespace === 'late' ? { path, external: true } : { path, namespace: 'late' },
    );
    build.onResolve(
      { filter: /^(http-errors|mime-types|tar-fs|re2js)$|\/(utils|http_duplex|schemas\.ts)$/ },
      async ({ path, namespace, ...where }) => {
        if (namespace === 'late') return undefined;
        const { path: file } = await build.resolve(path, { ...where, namespace: 'late' });
        return late.files.test(file) ? { path: file, namespace: 'late' } : undefined;
      },
    );
    build.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => ({
      contents: lateModule(path),
      resolveDir: dirname(path),
    }));
  },
};

/** The names are on the prototype: esbuild copies a module's own names for an ESM importer, which would load it at once. */
const lateModule = (path) => `
  let loaded;
  const load = () => (loaded ??= require(${JSON.stringify(path)}));
  const get = (_, name) => (name === '__esModule' ? undefined : load()[name]);
  const has = (_, name) => name in load();
  module.exports = function (...args) { return new.target ? new (load())(...args) : load().apply(this, args); };
  Object.setPrototypeOf(module.exports, new Proxy({}, { get, has }));`;

// Every media type that IANA knows, 2,500 of them, would be a third of a bundle. The services name a type by its extension, or compare one
// that a client sent; a type that is not here is still compared as it is written.
const knownMediaTypes =
  /^(text\/(css|csv|event-stream|html|javascript|markdown|plain|xml)|application\/(javascript|json|octet-stream|problem\+json|x-www-form-urlencoded|xml|yaml)|multipart\/form-data|image\/(png|svg\+xml|x-icon))$/;

const withFewMediaTypes = {
  name: 'with-few-media-types',
  setup(build) {
    build.onLoad({ filter: /mime-db\/db\.json$/ }, ({ path }) => {
      const all = Object.entries(JSON.parse(readFileSync(path, 'utf8')));
      const contents = JSON.stringify(Object.fromEntries(all.filter(([type]) => knownMediaTypes.test(type))));
      return { contents, loader: 'json' };
    });
  },
};

// Packages are nine tenths of a full source map. Each of their files gets a map of its own with one mark that bears its name, so that the
// map knows our sources by line and theirs by name: a tenth of the size. service-kit/src/bundle-stacks.ts reads it.
const withPackagesMappedByName = {
  name: 'with-packages-mapped-by-name',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, ({ path }) => {
      const map = JSON.stringify({ version: 3, sources: [basename(path)], mappings: 'AAAA' });
      const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`;
      return { contents: `${readFileSync(path, 'utf8')}\n//# sourceMappingURL=${url}`, loader: 'js' };
    });
  },
};

/**
 * CommonJS, not ESM: an ESM import of node:http reads every property of the module, and one of them loads the whole of undici, 20 ms and 12 MB
 * that a server has no use for (Node 24); the ESM loader itself takes another 10 ms.
 */
export async function bundleService(service, outfile = join(root, service, 'dist', 'main.js')) {
  const { version } = JSON.parse(readFileSync(join(root, service, 'package.json'), 'utf8'));
  await build({
    entryPoints: [join(root, service, 'src', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    loader: { '.html': 'text', '.md': 'text', '.sql': 'text', '.yml': 'text' },
    external: ['pg-native'],
    plugins: [withoutUnreachableWeight, withLateModules, withFewMediaTypes, withPackagesMappedByName],
    define: { __SERVICE_VERSION__: JSON.stringify(version), 'import.meta.url': '__bundleUrl' },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    inject: [join(root, 'service-kit', 'src', 'bundle-stacks.ts')],
    logLevel: 'warning',
  });
  if (service === 'alert-bot') {
    await bundleConsole(join(dirname(outfile), 'console'));
    copyFileSync(join(root, service, 'RUNBOOK.md'), join(dirname(outfile), 'RUNBOOK.md'));
  }
  declareCommonJs(dirname(outfile));
}

/** The bot's page. Imported here, because the images of the other services are built without it. */
async function bundleConsole(directory) {
  const { buildConsole } = await import('./alert-bot/console/build.mjs');
  await buildConsole(directory);
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
    console.error('usage: node build.mjs <service> [outfile]');
    process.exit(2);
  }
  await bundleService(service, outfile);
}
