/**
 * A 403 is no answer of a Docker engine to these calls: a socket proxy or an authorization plugin gives it. What to allow there,
 * by our word for the call: the request, and the variables of tecnativa/docker-socket-proxy, the most common one.
 */
const calls = new Map<string, [request: string, variables: string]>([
  ['ping', ['GET /_ping', 'PING=1']],
  ['version', ['GET /version', 'VERSION=1']],
  ['info', ['GET /info', 'INFO=1']],
  ['list', ['GET /containers/json', 'CONTAINERS=1']],
  ['inspect', ['GET /containers/{id}/json', 'CONTAINERS=1']],
  ['logs', ['GET /containers/{id}/logs', 'CONTAINERS=1']],
  ['events', ['GET /events', 'EVENTS=1']],
  ['restart', ['POST /containers/{id}/restart', 'CONTAINERS=1 and ALLOW_RESTARTS=1']],
  ['start', ['POST /containers/{id}/start', 'CONTAINERS=1 and ALLOW_START=1']],
  ['stop', ['POST /containers/{id}/stop', 'CONTAINERS=1 and ALLOW_STOP=1']],
  ['remove', ['DELETE /containers/{id}', 'CONTAINERS=1 and POST=1']],
  ['create', ['POST /containers/create', 'CONTAINERS=1 and POST=1']],
  ['image', ['GET /images/{name}/json', 'IMAGES=1']],
]);

/** What refused, and what to allow there, in one line; undefined for a call whose 403 may be the engine's own. */
export function explainRefusal(what: string): string | undefined {
  const call = calls.get(what);
  if (call === undefined) return undefined;
  const [request, variables] = call;
  return `the socket proxy in front of the engine refuses ${request} (403); allow it there (docker-socket-proxy: ${variables})`;
}
