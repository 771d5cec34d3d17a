import { fileURLToPath } from 'node:url';
import type { Reach } from '../../figures.ts';

export interface Route {
  name: 'list' | 'get' | 'post' | 'health' | 'live';
  what: string;
  method: 'GET' | 'POST';
  path: string;
  /** For wrk. */
  script?: string;
  body?: string;
  /** Requests per second, ours ÷ bare. */
  reachBare?: Reach;
  /** Requests per CPU second of the server, ours ÷ Flask. */
  reachFlask?: Reach;
  /** Also measured at a calm, fixed rate. */
  calm?: true;
}

export const routes: readonly Route[] = [
  {
    name: 'list',
    what: 'GET /transactions (50 rows)',
    method: 'GET',
    path: '/transactions',
    calm: true,
    reachBare: { atLeast: 1.2 },
    reachFlask: { atLeast: 2.5 },
  },
  { name: 'get', what: 'GET /transactions/:id', method: 'GET', path: '/transactions/4711' },
  {
    name: 'post',
    what: 'POST /transactions',
    method: 'POST',
    path: '/transactions',
    script: fileURLToPath(new URL('../../../reference/post-transaction.lua', import.meta.url)),
    body: '{"accountId":"acc-1","amount":"12.50","currency":"EUR","description":"coffee"}',
    calm: true,
    reachBare: { atLeast: 0.85 },
    reachFlask: { atLeast: 3 },
  },
  {
    name: 'health',
    what: 'GET /health (asks the database)',
    method: 'GET',
    path: '/health',
    reachBare: { atLeast: 0.4 },
    reachFlask: { atLeast: 4 },
  },
  {
    name: 'live',
    what: 'GET /health/live (asks nobody)',
    method: 'GET',
    path: '/health/live',
    reachBare: { atLeast: 0.4 },
    reachFlask: { atLeast: 4 },
  },
];
