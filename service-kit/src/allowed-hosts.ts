import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { ProblemError } from './problems.ts';

/** Docker's and Podman's own names for this machine, as a container sees it. */
const containerHosts = new Set(['host.docker.internal', 'host.containers.internal']);
/** More than anybody has; whoever sends others fills nothing. */
const maxRemembered = 100;

/** `name`, `name:port`, `[address]:port`; what a URL calls its authority. Names of other alphabets come in ASCII (`xn--…`). */
const authority = /^(?:\[([0-9a-f:.]+)\]|([\w-]+(?:\.[\w-]+)*\.?))(?::\d{1,5})?$/i;

/** Names are compared in small letters and without the dot at the end that DNS allows. */
const plain = (name: string) => name.toLowerCase().replace(/\.$/, '');

/**
 * Says whether a request for this host may be answered. Against DNS rebinding: a page in somebody's browser whose own name was pointed at this
 * machine could ask as if it were from here, but its name is what the browser sends. Allowed is what no page of the internet can be called:
 * addresses, `localhost`, names without a dot (compose services, containers, hosts of the own network), and the names in `allowed`, where
 * `*.example.org` stands for all below it and `*` for every name.
 */
export function createHostCheck(allowed: readonly string[] = []): (host: string | undefined) => boolean {
  const names = new Set(allowed.map(plain));
  const suffixes = [...names].filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  const check = (host: string) => {
    const [, address, given = ''] = authority.exec(host) ?? [];
    if (address !== undefined) return isIP(address) === 6;
    const name = plain(given);
    if (name === '' || names.has('*')) return name !== '';
    const isLocal = !name.includes('.') || name.endsWith('.localhost') || isIP(name) === 4 || containerHosts.has(name);
    return isLocal || names.has(name) || suffixes.some((suffix) => name.endsWith(suffix));
  };
  const known = new Map<string, boolean>();
  return (host) => {
    if (host === undefined) return true; // HTTP/1.0 of a program: every browser sends a host
    const before = known.get(host);
    if (before !== undefined) return before;
    const isAllowed = check(host);
    if (known.size < maxRemembered) known.set(host, isAllowed);
    return isAllowed;
  };
}

/** @throws ProblemError forbidden (in the handler), which says what to set */
export function requireAllowedHost(allowed: readonly string[] = [], exempt: readonly string[] = []): RequestHandler {
  const isAllowed = createHostCheck(allowed);
  const open = new Set(exempt);
  return (req, _res, next) => {
    const { host } = req.headers;
    const target = req.originalUrl.startsWith('/') ? undefined : hostOfAddress(req.originalUrl);
    if ((isAllowed(host) && isAllowed(target)) || open.has(req.path)) return next();
    const named = JSON.stringify((target !== undefined && isAllowed(host) ? target : (host ?? '')).slice(0, 200));
    throw new ProblemError('forbidden', {
      detail: `Requests for the host ${named} are not answered. If the name is yours, list it in ALLOWED_HOSTS.`,
    });
  };
}

/** A request line may carry a whole URL, which then counts more than the header (RFC 9112, 3.2.2). */
function hostOfAddress(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).host || undefined : undefined;
}
