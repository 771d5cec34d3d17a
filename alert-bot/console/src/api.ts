import { set, state } from './store.ts';

/** In this tab's memory only: it is gone with the page, and in no address and no storage. */
let token: string | undefined;

/** What the bot refused, in its words. */
export class ApiProblem extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Request {
  method?: 'GET' | 'POST' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** @throws ApiProblem; TypeError when the bot is out of reach */
export async function request(path: string, { method = 'GET', body, signal, headers = {} }: Request = {}) {
  const all: Record<string, string> = { ...headers };
  if (token !== undefined) all['authorization'] = `Bearer ${token}`;
  if (method !== 'GET') all['content-type'] = 'application/json';
  const response = await fetch(path, {
    method,
    headers: all,
    cache: 'no-store',
    ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
    ...(signal && { signal }),
  });
  if (response.status === 401) set({ tokenAsked: token === undefined ? 'missing' : 'wrong' });
  if (!response.ok) throw new ApiProblem(response.status, await problemOf(response));
  return response;
}

/** The JSON answer. @throws as `request` */
export async function ask<T>(path: string, options: Request = {}): Promise<T> {
  const response = await request(path, options);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function problemOf(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as {
    title?: string;
    detail?: string;
    errors?: { path: string; message: string }[];
  };
  const fields = (body.errors ?? []).map(({ path, message }) => `${path} ${message}`);
  return [body.detail ?? body.title ?? `HTTP ${response.status}`, ...fields].join(' ');
}

const waiting = new Set<() => void>();

export function setToken(given: string): void {
  token = given;
  set({ tokenAsked: undefined });
  for (const go of waiting) go();
  waiting.clear();
}

/** Whether the bot asks for one. The token itself goes nowhere but into requests. */
export const hasToken = (): boolean => token !== undefined;

/** Resolves when a person has given another token. */
export const nextToken = (): Promise<void> => new Promise((resolve) => void waiting.add(resolve));

/** After an answer that did not arrive, in milliseconds. */
export const retryMs = 2_000;

/** Whether the same question may be answered next time; what the bot refuses it refuses again. */
export const mayPass = (error: unknown): boolean =>
  state.connection.state !== 'lost' && (!(error instanceof ApiProblem) || error.status >= 500);

export const describeError = (error: unknown): string =>
  error instanceof ApiProblem ? error.message : 'The bot does not answer.';
