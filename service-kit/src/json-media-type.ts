import type { IncomingHttpHeaders } from 'node:http';
import { ProblemError } from './problems.ts';

/** A parameter of a media type: `; name=value` or `; name="value"` (RFC 9110, 5.6.6). Sticky: one after the other, and nothing in between. */
const parameter = /[ \t]*;[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w-]+)))?/y;
const usual = new Set(['application/json', 'application/json; charset=utf-8', 'application/json;charset=utf-8']);
const utf8 = /^utf-?8$/i;

/**
 * Lets a body pass that says it is JSON in UTF-8, as it is: the only JSON there is between systems (RFC 8259, 8.1). Decided on the headers,
 * before a byte is read. 415 also without a content type: a page in a browser can post `text/plain` across sites without asking, JSON it cannot.
 * @throws ProblemError unsupported_media_type
 */
export function requireJson(headers: IncomingHttpHeaders): void {
  const given = headers['content-type'] ?? '';
  if (!usual.has(given)) requireUtf8Json(given);
  const encoding = headers['content-encoding']?.trim().toLowerCase();
  if (encoding && encoding !== 'identity')
    throw new ProblemError('unsupported_media_type', {
      detail: `Send the body as it is, without the content encoding ${shown(encoding)}.`,
      headers: { 'accept-encoding': 'identity' },
    });
}

function requireUtf8Json(given: string): void {
  const end = given.indexOf(';');
  const type = (end === -1 ? given : given.slice(0, end)).trim().toLowerCase();
  const instead = type ? `not ${shown(type)}` : 'and the request names none';
  if (type !== 'application/json') throw unsupported(`The content type must be application/json, ${instead}.`);
  const parameters = end === -1 ? '' : given.slice(end).trimEnd();
  for (parameter.lastIndex = 0; parameter.lastIndex < parameters.length; ) {
    const [found, name, quoted, token] = parameter.exec(parameters) ?? [];
    if (found === undefined) throw unsupported(`The content type ${shown(given)} cannot be read.`);
    const value = quoted?.replace(/\\(.)/g, '$1') ?? token ?? '';
    const isCharset = name?.toLowerCase() === 'charset';
    if (isCharset && !utf8.test(value)) throw unsupported(`The charset must be utf-8, not ${shown(value)}.`);
  }
}

const unsupported = (detail: string) => new ProblemError('unsupported_media_type', { detail });

const shown = (text: string) => JSON.stringify(text.slice(0, 100));
