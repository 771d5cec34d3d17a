import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { renderDocsPage } from '../src/docs-page.ts';
import { type ApiOperation, openApiDocument } from '../src/openapi.ts';
import { commonProblems } from '../src/problems.ts';

const operation: ApiOperation = {
  method: 'post',
  path: '/things/:id/parts',
  tag: 'things & parts',
  summary: 'Adds a <part>.',
  params: z.object({ id: z.string() }),
  query: z.object({ size: z.enum(['s', 'l']).default('s'), tags: z.string().optional() }),
  body: z.strictObject({
    name: z.string().max(9),
    kinds: z.array(z.object({ word: z.string() }).meta({ id: 'Kind' })),
  }),
  bodyExample: { name: '"><script>', kinds: [] },
  responses: { 201: { description: 'Added', schema: z.object({ id: z.string() }).meta({ id: 'Part' }) } },
  problems: ['bad_json', 'validation_failed', 'not_found'],
};
const document = (...operations: ApiOperation[]) =>
  openApiDocument({ title: 'a <title>', description: 'see `this`', catalogue: commonProblems, operations });

describe('the OpenAPI document', () => {
  const described = document(operation).paths['/things/{id}/parts']?.['post'];

  it('has path, query and body from the zod schemas, as a client sends them', () => {
    expect(described?.parameters).toEqual([
      { name: 'id', in: 'path', required: true, description: undefined, schema: { type: 'string' } },
      {
        name: 'size',
        in: 'query',
        required: false,
        description: undefined,
        schema: { type: 'string', enum: ['s', 'l'], default: 's' },
      },
      { name: 'tags', in: 'query', required: false, description: undefined, schema: { type: 'string' } },
    ]);
    expect(described?.requestBody?.content['application/json']?.schema).toMatchObject({
      additionalProperties: false,
      properties: { name: { maxLength: 9 }, kinds: { items: { $ref: '#/components/schemas/Kind' } } },
    });
  });

  it('puts the problems of one status into one response that names their codes', () => {
    expect(Object.keys(described?.responses ?? {})).toEqual(['201', '400', '404']);
    expect(described?.responses['400']?.description).toMatch(/`bad_json`: .*; `validation_failed`: /);
    expect(described?.responses['404']?.content).toEqual({
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    });
  });

  it('refuses a problem that the catalogue does not have: a misspelt code never reaches the document', () => {
    expect(() => document({ ...operation, problems: ['bad_jsn'] })).toThrow(/no problem "bad_jsn"/);
  });
});

describe('the documentation page', () => {
  it('escapes every text, and makes a curl line out of the example', () => {
    const page = renderDocsPage(document(operation), 'http://localhost:1234');
    expect(page).not.toMatch(/<script|<part>|<title>a </);
    expect(page).toContain('a &lt;title&gt;');
    expect(page).toContain('see <code>this</code>');
    expect(page).toContain('curl -X POST http://localhost:1234/things/1/parts');
    expect(page).toContain('href="#schema-kind"');
  });
});
