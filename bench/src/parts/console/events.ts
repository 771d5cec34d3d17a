/** An alert that no runbook names: received, decided, resolved. */
const eventsPerAlert = 3;
export const eventsPerSecond = 100;
/** So many fire at any time. */
const firing = 60;

export interface Events {
  /** Resolves to the events a second that came about. */
  stop(): Promise<number>;
}

/** Alerts that come and go at a steady pace. */
export function startEvents(url: string): Events {
  const begun = performance.now();
  let sent = 0;
  let ended: number | undefined;
  let busy = Promise.resolve();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1_000) * (eventsPerSecond / eventsPerAlert));
    const first = sent;
    sent = due;
    if (due > first) busy = busy.then(() => send(url, first, due));
  }, 30);
  return {
    stop: async () => {
      clearInterval(timer);
      await busy;
      ended ??= performance.now();
      return (sent * eventsPerAlert * 1_000) / (ended - begun);
    },
  };
}

async function send(url: string, from: number, to: number): Promise<void> {
  const alerts = Array.from({ length: to - from }, (_, index) => [
    alertOf(from + index, 'firing'),
    ...(from + index >= firing ? [alertOf(from + index - firing, 'resolved')] : []),
  ]).flat();
  const body = JSON.stringify({ alerts });
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`the bot answered ${response.status}`);
}

const alertOf = (n: number, status: 'firing' | 'resolved') => ({
  status,
  labels: { alertname: 'QueueGrows', severity: 'warning', queue: `q${n}` },
  annotations: { summary: `Queue q${n} grows` },
  ...(status === 'resolved' && { endsAt: new Date().toISOString() }),
});
