import { isUtf8 } from 'node:buffer';
import type { Request, RequestHandler, Response } from 'express';
import { type BodyBudget, createBodyBudget } from './body-budget.ts';
import { type JsonBounds, measureJson } from './json-bounds.ts';
import { requireJson } from './json-media-type.ts';
import { makeRoom } from './make-room.ts';
import { ProblemError } from './problems.ts';
import { createTurns, onceAnswered, type Turns } from './turns.ts';

export interface JsonBodyOptions {
  /** What a client is told when too many bodies are under way: that it asks too much (429), or that it should come again (503). */
  overload?: 'too_many_requests' | 'unavailable';
  bounds?: JsonBounds;
  budget?: BodyBudget;
  turns?: Turns;
}

/** 16 MB of alerts as Alertmanager sends them have 1,100,000; 100,000 alerts of the short form 900,000. */
const defaultBounds: JsonBounds = { maxParts: 1_200_000, maxDepth: 64 };
/** Of the process, whatever takes bodies in it. */
const defaultBudget = createBodyBudget({ maxBytes: 40 * 1_048_576 });
/** What a body becomes takes several times its size, so only one of the large ones is turned into something at a time. */
const largeBytes = 262_144;
/** Text, tree and answer of a body, measured in bodies. */
const sizeWhenRead = 6;
const defaultTurns = createTurns({ maxWaitMs: 10_000 });
const retryAfterSeconds = 2;

/**
 * Parses a JSON body on the routes that take one, into `req.body`; no body is `{}`. 415 for what is not plain UTF-8 JSON by its headers, 413
 * over `limitBytes` or with too many parts, 400 for what is no JSON, 429 or 503 when the process has too many bodies under way.
 * Not express.json: that decodes what it is told (`charset`, `content-encoding`), and makes the tree before anybody can count.
 */
export function jsonBody(limitBytes: number, options: JsonBodyOptions = {}): RequestHandler {
  const { overload = 'too_many_requests', bounds = defaultBounds } = options;
  const { budget = defaultBudget, turns = defaultTurns } = options;
  const refuse = () => new ProblemError(overload, { detail: 'Too many bodies are under way.', retryAfterSeconds });
  const large = async (req: Request, res: Response, chunks: Buffer[], size: number) => {
    if (!(await turns.take(res))) throw refuse();
    makeRoom(size * sizeWhenRead);
    req.body = parseJson(chunks, bounds);
    onceAnswered(res, () => {
      req.body = undefined; // a request lives until its answer is read
    });
  };
  return (req, res, next) => {
    requireJson(req.headers);
    const declared = Number(req.headers['content-length'] ?? 0);
    if (declared > limitBytes) throw tooLarge(limitBytes);
    readBytes(req, { limitBytes, budget, refuse }, (error, chunks, size) => {
      if (error) return next(error);
      if (size > largeBytes) return void large(req, res, chunks, size).then(() => next(), next);
      try {
        req.body = parseJson(chunks, bounds);
      } catch (problem) {
        return next(problem);
      }
      next();
    });
  };
}

interface Reading {
  limitBytes: number;
  budget: BodyBudget;
  refuse: () => ProblemError;
}

type Done = (error: ProblemError | undefined, chunks: Buffer[], size: number) => void;

/** Calls `done` once. The bytes count as held until the answer is through, because what is made of them lives as long. */
function readBytes(req: Request, { limitBytes, budget, refuse }: Reading, done: Done): void {
  let chunks: Buffer[] = [];
  let size = 0;
  const holding = budget.open(() => finish(refuse()));
  const finish = (error?: ProblemError) => {
    req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
    if (error || size <= largeBytes || !req.res) holding.release();
    else onceAnswered(req.res, holding.release);
    if (error) req.on('error', () => undefined).resume(); // the rest is read and thrown away, so that the answer arrives
    const received = error ? [] : chunks;
    chunks = [];
    done(error, received, size);
  };
  const onData = (chunk: Buffer) => {
    size += chunk.length;
    if (size > limitBytes) return finish(tooLarge(limitBytes));
    if (!holding.add(chunk.length)) return finish(refuse());
    chunks.push(chunk);
  };
  const onEnd = () => finish();
  const onClose = () => finish(new ProblemError('bad_request', { detail: 'The body ended too early.' }));
  req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
}

const tooLarge = (limitBytes: number) =>
  new ProblemError('body_too_large', { detail: `At most ${limitBytes} bytes are accepted.` });

/** Takes the bytes out of `chunks`, so that they can be freed before the tree is made. @throws ProblemError */
function parseJson(chunks: Buffer[], bounds: JsonBounds): unknown {
  const text = decode(chunks, bounds);
  if (text === '') return {};
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw badJson((error as Error).message);
  }
  if (typeof body !== 'object' || body === null) throw badJson('The body must be an object or an array.');
  return body;
}

function decode(chunks: Buffer[], bounds: JsonBounds): string {
  const [first] = chunks;
  const bytes = first && chunks.length === 1 ? first : Buffer.concat(chunks);
  chunks.length = 0;
  if (!isUtf8(bytes)) throw badJson('The body is not UTF-8.');
  const measured = measureJson(bytes, bounds);
  if (measured === 'too_many')
    throw new ProblemError('body_too_large', { detail: `At most ${bounds.maxParts} names and values are accepted.` });
  if (measured === 'too_deep') throw badJson(`The body is nested deeper than ${bounds.maxDepth} levels.`);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}

const badJson = (detail: string) => new ProblemError('bad_json', { detail });
