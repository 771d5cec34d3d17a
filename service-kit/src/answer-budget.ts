import type { ServerResponse } from 'node:http';
import { ProblemError } from './problems.ts';
import { sendJson } from './send-json.ts';

export interface AnswerBudget {
  /** Before a large answer is made. @throws ProblemError unavailable when too much of other answers waits to be read */
  requireRoom(): void;
  /** Sends JSON text. @throws ProblemError unavailable, as above */
  send(res: ServerResponse, status: number, json: string): void;
}

/** Below this an answer is always sent. */
const smallLength = 65_536;

/**
 * Bounds how much of large answers waits to be read, for the time until the server notices who reads nothing (traffic.ts): a crowd that asks for
 * much at once and reads nothing would fill the memory within a second. Counted in characters.
 */
export function createAnswerBudget(maxLength: number): AnswerBudget {
  let held = 0;
  const requireRoomFor = (length: number) => {
    if (held > 0 && held + length > maxLength)
      throw new ProblemError('unavailable', { detail: 'Too many answers wait to be read.', retryAfterSeconds: 2 });
  };
  return {
    requireRoom: () => requireRoomFor(smallLength),
    send: (res, status, json) => {
      const { length } = json;
      if (length <= smallLength) return sendJson(res, status, json);
      requireRoomFor(length);
      held += length;
      res.once('close', () => {
        held -= length;
      });
      sendJson(res, status, json);
    },
  };
}
