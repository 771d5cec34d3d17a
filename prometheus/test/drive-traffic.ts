export interface Traffic {
  stop(): Promise<void>;
}

/**
 * Steady requests to every kind of answer the API has: lists, single ones, writes with and without an idempotency key, refusals.
 * A slow API never slows the traffic down; requests give up after two seconds.
 */
export function driveTraffic(apiUrl: string, perSecond = 20): Traffic {
  let count = 0;
  const pending = new Set<Promise<unknown>>();
  const send = (path: string, init: RequestInit = {}) =>
    fetch(`${apiUrl}${path}`, { ...init, signal: AbortSignal.timeout(2_000) }).then((response) => response.text());
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    send('/transactions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const transaction = { accountId: 'truth', amount: '12.50', currency: 'EUR' };
  const kinds = [
    () => send('/transactions?limit=5'),
    () => post(transaction),
    () => post(transaction, { 'idempotency-key': `key-${count % 7}` }),
    () => send('/transactions/1'),
    () => send('/nowhere'),
    () => post({ accountId: '' }),
  ];
  const timer = setInterval(() => {
    const request = kinds[count++ % kinds.length]!().catch(() => {});
    pending.add(request);
    request.finally(() => pending.delete(request));
  }, 1_000 / perSecond);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
}
