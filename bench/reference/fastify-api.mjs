// The api's routes on Fastify with its logger (pino), prom-client and JSON schemas on the way in and out: what a user would
// pick instead. Metrics as Fastify's and prom-client's documentation show them: one histogram, observed in onResponse.
import Fastify from 'fastify';
import pg from 'pg';
import client from 'prom-client';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
pool.on('error', () => undefined);
client.collectDefaultMetrics();
const duration = new client.Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests.',
  labelNames: ['method', 'path', 'status_code'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10],
});

const columns = `transactions.id, account_id AS "accountId", amount::text, currency, description, status,
  created_at AS "createdAt", settled_at AS "settledAt"`;
const nullableText = { type: 'string', nullable: true };
const transaction = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    accountId: { type: 'string' },
    amount: { type: 'string' },
    currency: { type: 'string' },
    description: nullableText,
    status: { type: 'string' },
    createdAt: { type: 'string', format: 'date-time' },
    settledAt: { ...nullableText, format: 'date-time' },
  },
};
const newTransaction = {
  type: 'object',
  required: ['accountId', 'amount', 'currency'],
  additionalProperties: false,
  properties: {
    accountId: { type: 'string', pattern: '^[A-Za-z0-9_.:-]{1,64}$' },
    amount: { type: 'string', pattern: '^\\d{1,12}(\\.\\d{1,2})?$' },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    description: { type: 'string', maxLength: 500 },
  },
};
const listQuery = {
  type: 'object',
  properties: { limit: { type: 'integer', minimum: 1, maximum: 500, default: 50 }, cursor: { type: 'string' } },
};
const status = { type: 'object', properties: { status: { type: 'string' } } };

const app = Fastify({ logger: true });
app.addHook('onResponse', async (request, reply) => {
  const labels = { method: request.method, path: request.routeOptions.url, status_code: reply.statusCode };
  duration.observe(labels, reply.elapsedTime / 1000);
});
app.get('/metrics', async (_request, reply) =>
  reply.type(client.register.contentType).send(await client.register.metrics()),
);
app.get('/health/live', { schema: { response: { 200: status } } }, async () => ({ status: 'ok' }));
app.get('/health', { schema: { response: { 200: status } } }, async () => {
  await pool.query({ name: 'ping', text: 'SELECT 1' });
  return { status: 'ok' };
});
app.get(
  '/transactions',
  {
    schema: {
      querystring: listQuery,
      response: { 200: { type: 'object', properties: { items: { type: 'array', items: transaction } } } },
    },
  },
  async (request) => {
    const text = `SELECT ${columns} FROM transactions ORDER BY id DESC LIMIT $1`;
    return { items: (await pool.query({ name: 'list', text, values: [request.query.limit] })).rows };
  },
);
app.get('/transactions/:id', { schema: { response: { 200: transaction } } }, async (request, reply) => {
  const text = `SELECT ${columns} FROM transactions WHERE id = $1`;
  const { rows } = await pool.query({ name: 'get', text, values: [request.params.id] });
  return rows[0] ?? reply.code(404).send();
});
app.post(
  '/transactions',
  { schema: { body: newTransaction, response: { 201: transaction } } },
  async (request, reply) => {
    const { accountId, amount, currency, description } = request.body;
    const text = `INSERT INTO transactions (account_id, amount, currency, description) VALUES ($1, $2, $3, $4) RETURNING ${columns}`;
    const { rows } = await pool.query({ name: 'insert', text, values: [accountId, amount, currency, description] });
    return reply.code(201).send(rows[0]);
  },
);

await app.listen({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ port: app.server.address().port }));
