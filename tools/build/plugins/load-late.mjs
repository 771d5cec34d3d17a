import { dirname } from 'node:path';

// What packages name at import and use later, if at all: parts of Node (crypto alone takes 4 ms), the sixty error classes of http-errors (3 ms)
// and four copies of mime-types (2 ms), streams for archives and terminals that the bot never asks of Docker, the engine for patterns in runbooks
// (8 ms), which few runbooks have; and of ours the schemas of requests (4 ms). They are loaded at their first use.
const late = {
  ofNode: /^(node:)?(crypto|zlib|dns|tls|https|v8|worker_threads)$/,
  files:
    /\/node_modules\/(http-errors\/index|mime-types\/index|pg\/lib\/crypto\/utils|tar-fs\/index|re2js\/build\/index|docker-modem\/lib\/http_duplex)\.js$|\/api\/src\/transactions\/schemas\.ts$/,
};

/** Loads modules that are named at import at their first use. */
export const loadLate = {
  name: 'load-late',
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
