// The api's routes with node:http and pg and nothing else: no validation, no metrics, no log, no graceful stop.
// Rows become objects and the objects JSON, as everybody writes it; named statements, as pg's documentation advises.
import { createServer } from 'node:http';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const columns = `transactions.id, account_id AS "accountId", amount::text, currency, description, status,
  created_at AS "createdAt", settled_at AS "settledAt"`;
const statements = {
  list: { name: 'list', text: `SELECT ${columns} FROM transactions ORDER BY id DESC LIMIT 50` },
  get: { name: 'get', text: `SELECT ${columns} FROM transactions WHERE id = $1` },
  insert: {
    name: 'insert',
    text: `INSERT INTO transactions (account_id, amount, currency, description) VALUES ($1, $2, $3, $4) RETURNING ${columns}`,
  },
  ping: { name: 'ping', text: 'SELECT 1' },
};

function send(res, status, body) {
  const text = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  res.end(text);
}

async function readBody(req) {
  let text = '';
  for await (const chunk of req) text += chunk;
  return JSON.parse(text);
}

async function answer(req, res) {
  if (req.url === '/health/live') return send(res, 200, { status: 'ok' });
  if (req.url === '/health') {
    await pool.query(statements.ping);
    return send(res, 200, { status: 'ok' });
  }
  if (req.method === 'POST') {
    const { accountId, amount, currency, description } = await readBody(req);
    const { rows } = await pool.query({ ...statements.insert, values: [accountId, amount, currency, description] });
    return send(res, 201, rows[0]);
  }
  if (req.url === '/transactions') return send(res, 200, { items: (await pool.query(statements.list)).rows });
  const id = req.url.slice('/transactions/'.length);
  return send(res, 200, (await pool.query({ ...statements.get, values: [id] })).rows[0]);
}

const server = createServer((req, res) => {
  answer(req, res).catch((error) => send(res, 500, { error: error.message }));
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
