import type { ServerResponse } from 'node:http';

export interface Turns {
  /** Resolves to true when it is this request's turn, which ends with its answer; to false when that took too long or nobody waits any more. */
  take(res: ServerResponse): Promise<boolean>;
}

export interface TurnsOptions {
  /** How many may be at work at the same time. */
  atOnce?: number;
  /** How long a request waits for its turn. */
  maxWaitMs: number;
  /** How many may wait. */
  maxWaiting?: number;
}

/** For requests whose cost in memory or disk is far above that of others: a few at a time, the others wait in line. */
export function createTurns({ atOnce = 1, maxWaitMs, maxWaiting = 100 }: TurnsOptions): Turns {
  const waiting = new Set<() => void>();
  let atWork = 0;

  const begin = (res: ServerResponse) => {
    atWork += 1;
    onceAnswered(res, () => {
      atWork -= 1;
      for (const next of waiting) return next();
    });
    return true;
  };
  const wait = (res: ServerResponse) =>
    new Promise<boolean>((resolve) => {
      const settle = (isTurn: boolean) => {
        waiting.delete(onTurn);
        clearTimeout(timer);
        res.off('close', onClose);
        resolve(isTurn && begin(res));
      };
      const onTurn = () => settle(true);
      const onClose = () => settle(false);
      const timer = setTimeout(onClose, maxWaitMs);
      waiting.add(onTurn);
      res.once('close', onClose);
    });
  return {
    take: async (res) => {
      if (res.closed || res.destroyed) return false;
      if (atWork < atOnce) return begin(res);
      return waiting.size < maxWaiting && wait(res);
    },
  };
}

/** When the whole answer is handed over, or nobody waits for it any more: a client that does not read it keeps nothing else. */
export function onceAnswered(res: ServerResponse, act: () => void): void {
  const once = () => {
    res.off('prefinish', once).off('close', once);
    act();
  };
  res.on('prefinish', once).on('close', once);
}
