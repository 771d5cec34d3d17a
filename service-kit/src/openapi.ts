import * as z from 'zod';
import type { ProblemCatalogue } from './problems.ts';
import { serviceVersion } from './version.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ApiResponse {
  description: string;
  schema?: z.ZodType;
  example?: unknown;
  /** `application/json` unless said. */
  contentType?: string;
  /** Header name → what it says. */
  headers?: Readonly<Record<string, string>>;
}

/** One method of one address, described by the same zod schemas that the handler validates with. */
export interface ApiOperation {
  method: 'get' | 'post' | 'put' | 'delete';
  /** As express has it: `/transactions/:id`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  /** An `application/json` body. */
  body?: z.ZodType;
  bodyExample?: unknown;
  responses: Readonly<Record<number, ApiResponse>>;
  /** Codes of the service's catalogue that this operation may answer. */
  problems?: readonly string[];
}

export interface OpenApiOptions {
  title: string;
  description: string;
  catalogue: ProblemCatalogue;
  operations: readonly ApiOperation[];
}

export interface OpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; description: string; version: string };
  servers: readonly { url: string }[];
  tags: readonly { name: string }[];
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: { schemas: Record<string, JsonSchema> };
}

export interface OpenApiOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string | undefined;
  parameters?: OpenApiParameter[];
  requestBody?: { required: true; content: Record<string, OpenApiMedia> };
  responses: Record<string, { description: string; content?: Record<string, OpenApiMedia>; headers?: object }>;
}

export interface OpenApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string | undefined;
  schema: JsonSchema;
}

export interface OpenApiMedia {
  schema?: JsonSchema;
  example?: unknown;
}

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'From the catalogue; the word to decide on.' }),
    detail: z.string().optional(),
    instance: z.string().optional(),
    requestId: z.string().optional().meta({ description: 'The same id is in the log.' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every field that was refused.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

type SchemaStore = Record<string, JsonSchema>;

/**
 * An OpenAPI 3.1 document. Its schemas are JSON Schema 2020-12, which is what zod 4 prints by itself, so no library
 * stands between them; a schema with a `meta({ id })` becomes a component.
 */
export function openApiDocument(options: OpenApiOptions): OpenApiDocument {
  const schemas: SchemaStore = {};
  const paths: OpenApiDocument['paths'] = {};
  for (const operation of options.operations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describeOperation(operation, options.catalogue, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: options.title, description: options.description, version: serviceVersion },
    servers: [{ url: '/' }],
    tags: [...new Set(options.operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas },
  };
}

function describeOperation(operation: ApiOperation, catalogue: ProblemCatalogue, store: SchemaStore): OpenApiOperation {
  const { method, path, tag, summary, description, body, bodyExample: example } = operation;
  const words = path.split('/').map((part) => part.replace(/^:(.)/, (_, letter) => `By${letter.toUpperCase()}`));
  const media: OpenApiMedia = { ...(body && { schema: toJsonSchema(body, 'input', store) }), example };
  return {
    operationId: `${method}${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`,
    tags: [tag],
    summary,
    description,
    parameters: describeParameters(operation, store),
    ...(body && { requestBody: { required: true, content: { 'application/json': media } } }),
    responses: { ...describeResponses(operation, store), ...describeProblems(operation, catalogue, store) },
  };
}

function describeParameters({ params, query, headers }: ApiOperation, store: SchemaStore): OpenApiParameter[] {
  const places = { path: params, query, header: headers } as const;
  return (['path', 'query', 'header'] as const).flatMap((place) =>
    Object.entries(places[place]?.shape ?? {}).map(([name, fieldSchema]) => {
      const { description, ...printed } = toJsonSchema(fieldSchema as z.ZodType, 'input', store);
      const absent = (fieldSchema as z.ZodType).safeParse(undefined); // zod prints no default for an input
      const schema = absent.data === undefined ? printed : { ...printed, default: absent.data };
      const required = place === 'path' || !absent.success;
      return { name, in: place, required, description: description as string | undefined, schema };
    }),
  );
}

function describeResponses({ responses }: ApiOperation, store: SchemaStore): OpenApiOperation['responses'] {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, schema, example, contentType, headers }]) => {
      const media: OpenApiMedia = { ...(schema && { schema: toJsonSchema(schema, 'output', store) }), example };
      const content = { [contentType ?? 'application/json']: media };
      return [status, { description, content, ...(headers && { headers: describeHeaders(headers) }) }];
    }),
  );
}

const describeHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );

/** One response for each status, its description naming the codes that come with it. */
function describeProblems(
  { problems = [], responses }: ApiOperation,
  catalogue: ProblemCatalogue,
  store: SchemaStore,
): OpenApiOperation['responses'] {
  const described: OpenApiOperation['responses'] = {};
  for (const code of problems) {
    const type = catalogue[code];
    if (!type) throw new Error(`no problem "${code}" in the catalogue`);
    if (responses[type.status]) continue;
    const before = described[type.status]?.description;
    const description = `${before ? `${before}; ` : ''}\`${code}\`: ${type.title}`;
    const schema = toJsonSchema(problemSchema, 'output', store);
    described[type.status] = { description, content: { 'application/problem+json': { schema } } };
  }
  return described;
}

/** zod's own JSON schema, its named parts moved into the document's components. */
function toJsonSchema(schema: z.ZodType, io: 'input' | 'output', store: SchemaStore): JsonSchema {
  const { $schema: _, $defs, ...printed } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  for (const [name, definition] of Object.entries($defs ?? {})) store[name] = toComponentRefs(definition);
  return toComponentRefs(printed);
}

const toComponentRefs = (schema: object): JsonSchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
