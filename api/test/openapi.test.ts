import type { OpenApiDocument } from '@stack/service-kit/openapi';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { operations } from '../src/operations.ts';
import { apiProblems } from '../src/problems.ts';
import { type Answer, ask, useApi, validBody } from './support/api.ts';

const { api } = await useApi({ FAULTS_ENABLED: 'true' });
const document: OpenApiDocument = (await api.get('/openapi.json')).body;

/** Every `$ref` in the document. */
function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [String(value)] : references(value)));
  return own;
}

describe('GET /openapi.json', () => {
  it('is OpenAPI 3.1, its references lead somewhere, its operations have names of their own', () => {
    expect(document.openapi).toBe('3.1.0');
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(new Set(references(document)).size).toBeGreaterThan(3);
    expect(references(document).filter((target) => !known.includes(target))).toEqual([]);
    const names = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((each) => each.operationId),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('has exactly the routes that the api answers', async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of ['get', 'post', 'put', 'delete']) {
        const { status } = await ask(api.url + path.replace('{id}', '1'), { method: method.toUpperCase() });
        const isThere = ![404, 405].includes(status) || (path.includes('{id}') && method === 'get');
        expect([path, method, isThere]).toEqual([path, method, method in methods]);
      }
    }
    const listed = Object.keys(document.paths).toSorted();
    expect(listed).toEqual(['/faults', '/health', '/health/live', '/metrics', '/transactions', '/transactions/{id}']);
  });

  it('tells the limits that are enforced', () => {
    const parameters = document.paths['/transactions']?.['get']?.parameters ?? [];
    expect(parameters.find(({ name }) => name === 'limit')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
    });
    expect(document.components.schemas['NewTransaction']).toMatchObject({
      additionalProperties: false,
      required: ['accountId', 'amount', 'currency'],
      properties: { currency: { pattern: '^[A-Z]{3}$' }, description: { maxLength: 500 } },
    });
  });

  it('describes the answers as they really are', async () => {
    const created = await api.post('/transactions', validBody);
    const answers: [string, string, Answer][] = [
      ['/transactions', 'post', created],
      ['/transactions', 'get', await api.get('/transactions')],
      ['/transactions/:id', 'get', await api.get(`/transactions/${created.body.id}`)],
      ['/health', 'get', await api.get('/health')],
      ['/health/live', 'get', await api.get('/health/live')],
      ['/faults', 'put', await api.put('/faults', { latencyMs: 1, durationSeconds: 1 })],
      ['/faults', 'delete', await api.delete('/faults')],
    ];
    for (const [path, method, { status, body }] of answers) {
      const schema = operations.find((each) => each.path === path && each.method === method)?.responses[status]?.schema;
      expect(schema, `${method} ${path} ${status}`).toBeDefined();
      expect(strictly(schema as z.ZodType).parse(body)).toEqual(body);
    }
  });

  it('names the problems that each operation may answer', () => {
    const described = JSON.stringify(document.paths);
    for (const code of Object.keys(apiProblems).filter(
      (each) => !['internal', 'method_not_allowed', 'bad_request', 'fault_injected'].includes(each),
    )) {
      expect(described, code).toContain(`\`${code}\``);
    }
  });
});

/** Refuses fields that the schema does not have. */
const strictly = (schema: z.ZodType): z.ZodType => (schema instanceof z.ZodObject ? schema.strict() : schema);

describe('GET /docs', () => {
  it('is one page that shows every operation and needs nothing from anywhere', async () => {
    const { status, headers, text } = await api.get('/docs');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const { summary } of operations) expect(text).toContain(summary);
    expect(text).not.toMatch(/<script|<link|src=|@import|url\(/);
    expect(text).toContain(`curl -X POST ${new URL(api.url).origin}/transactions`);
    expect(text).not.toContain('origin.invalid');
    const targets = [...text.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target);
    for (const target of targets) expect(text).toContain(`id="${target}"`);
  });
});
