// Weight that nothing of ours can reach; what is left out is an empty module.
// - dockerode's SSH transport and BuildKit session, and the protobuf that only the session speaks: SSH brings native modules that no bundle can hold
// - OpenTelemetry, which prom-client asks for the span of an exemplar (ours have none), and its push gateway with all of TLS
// - pino's worker threads: our lines go to standard output
// - qs, for query strings with nested names: ours are parsed by node
// - express's parsers for bodies, with every charset and compression there is: ours are UTF-8 JSON as it is, and service-kit's json-body.ts reads them. Whatever
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

/** Replaces what no request can reach by an empty module, or by the little of it that is used. */
export const leaveOut = {
  name: 'leave-out',
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
