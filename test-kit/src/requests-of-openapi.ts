import fc from 'fast-check';

type Schema = Readonly<Record<string, unknown>>;

interface Operation {
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses: Record<string, unknown>;
}

/** As much of an OpenAPI document as is needed here. */
export interface Described {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface DescribedRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** Statuses that the document names for this operation. */
  documented: number[];
}

/** Texts that have broken something somewhere. */
const hostileText = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      '0',
      '-1',
      '1e999',
      '9223372036854775808',
      '9'.repeat(40),
      'null',
      'NaN',
      '__proto__',
      'constructor',
      'toString',
      'valueOf',
    ],
    ...[
      "' OR 1=1 --",
      '%',
      '%00',
      '%zz',
      '%ff',
      '../..',
      '\0',
      '\ud800',
      '\u2028',
      '💩'.repeat(50),
      'x'.repeat(5_000),
      '{}',
      '[]',
      '{{',
      '$1',
      '\\',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 300 }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
);

const hostileValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  hostileText,
  fc.double(),
  fc.constant({ __proto__: null, a: [] }),
);

/** Requests that nearly keep to the document, or do not at all: every operation, each part of it valid or hostile by chance. */
export function describedRequests(
  document: Described,
  isWanted = (_method: string, _path: string) => true,
): fc.Arbitrary<DescribedRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => isWanted(method, path))
      .map(([method, operation]) => requestOf(method.toUpperCase(), path, operation, document)),
  );
  return fc.oneof(...operations);
}

function requestOf(
  method: string,
  template: string,
  operation: Operation,
  document: Described,
): fc.Arbitrary<DescribedRequest> {
  const parametersIn = (place: string) => (operation.parameters ?? []).filter((parameter) => parameter.in === place);
  const textOf = (schema: Schema) =>
    fc.oneof({ weight: 3, arbitrary: valueFor(schema, document).map(asText) }, hostileText);
  const path = fc.record(Object.fromEntries(parametersIn('path').map(({ name, schema }) => [name, textOf(schema)])));
  const known = parametersIn('query').map(({ name, schema }) => fc.tuple(fc.constant(name), textOf(schema)));
  const query = fc.array(fc.oneof(...known, fc.tuple(hostileText, hostileText)), { maxLength: 4 });
  const headers = fc.record(
    Object.fromEntries(parametersIn('header').map(({ name, schema }) => [name, textOf(schema).map(inOneLine)])),
    { requiredKeys: [] },
  );
  const schema = operation.requestBody?.content['application/json']?.schema;
  const body = schema ? bodyOf(schema, document) : fc.constant(undefined);
  const documented = Object.keys(operation.responses).map(Number);
  return fc.record({ path, query, headers, body }).map((parts) => ({
    method,
    path: template.replace(/\{(\w+)\}/g, (_, name) => encode(parts.path[name] ?? '')) + queryText(parts.query),
    headers: { ...(schema && { 'content-type': 'application/json' }), ...parts.headers },
    body: parts.body,
    documented,
  }));
}

const bodyOf = (schema: Schema, document: Described) =>
  fc.oneof(
    { weight: 6, arbitrary: valueFor(schema, document).map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: hostileText },
  );

/** A value that the schema takes, or nearly: at each place there is a chance of something else. */
function valueFor(schema: Schema, document: Described, depth = 0): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: fitting(schema, document, depth) }, { weight: 1, arbitrary: hostileValue });
}

function fitting(schema: Schema, document: Described, depth: number): fc.Arbitrary<unknown> {
  const { $ref, enum: words, const: constant, anyOf, type, pattern, properties, items, minimum, maximum } = schema;
  const inner = (part: unknown) => valueFor((part ?? {}) as Schema, document, depth + 1);
  if (depth > 6) return fc.constant(null);
  if (typeof $ref === 'string') return inner(document.components.schemas[$ref.slice($ref.lastIndexOf('/') + 1)]);
  if (Array.isArray(words)) return fc.constantFrom(...words);
  if (constant !== undefined) return fc.constant(constant);
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map(inner));
  if (type === 'string') return typeof pattern === 'string' ? matching(pattern) : fc.string({ maxLength: 40 });
  if (type === 'integer' || type === 'number') return numberIn(Number(minimum ?? -10), Number(maximum ?? 1_000));
  if (type === 'boolean') return fc.boolean();
  if (type === 'array') return fc.array(inner(items), { maxLength: 3 });
  const fields = Object.entries((properties ?? {}) as Record<string, Schema>);
  const known = fc.record(Object.fromEntries(fields.map(([name, field]) => [name, inner(field)])), {
    requiredKeys: [],
  });
  const more = fc.dictionary(hostileText, hostileValue, { maxKeys: 2 });
  const labels = fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.string({ maxLength: 20 }), { maxKeys: 4 });
  if (fields.length === 0) return type === 'object' ? fc.oneof(labels, more) : hostileValue;
  return fc.oneof(
    { weight: 5, arbitrary: known },
    { weight: 1, arbitrary: fc.tuple(known, more).map(([a, b]) => ({ ...b, ...a })) },
  );
}

function matching(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern), { maxLength: 40 });
  } catch {
    return fc.string({ maxLength: 40 }); // a pattern that cannot be generated from
  }
}

const numberIn = (min: number, max: number) =>
  fc.oneof(
    fc.integer({ min: Math.ceil(min), max: Math.floor(max) }),
    fc.double({ min, max, noNaN: true }),
    fc.constantFrom(min, max, min - 1, max + 1, 0.5),
  );

const asText = (value: unknown) => (typeof value === 'string' ? value : String(JSON.stringify(value)));

/** What a header can carry: latin1 in one line. */
const inOneLine = (text: string) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');

/** Half a surrogate pair cannot be encoded; some texts go as they are, so that broken escapes arrive too. */
function encode(text: string): string {
  if (/^[%.\w-]+$/.test(text)) return text;
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '?'));
}

const queryText = (pairs: [string, string][]) =>
  pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')}`;
