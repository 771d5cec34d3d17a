import type { RunningServer } from '../../start-server.ts';

/** A request to a contender, its JSON answer or nothing. @throws Error with the answer when it is not 2xx */
export async function ask(server: Pick<RunningServer, 'url'>, path: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(server.url + path, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
