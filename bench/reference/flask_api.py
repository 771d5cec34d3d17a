"""The api's routes on Flask, psycopg2 and prometheus_client under gunicorn: what the project was rewritten from.

Every connection of the pool is opened at once (minconn = maxconn): psycopg2 closes what exceeds minconn on each putconn.
"""
import os
from contextlib import contextmanager
from time import perf_counter

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from psycopg2.extras import RealDictCursor
from psycopg2.pool import ThreadedConnectionPool

app = Flask(__name__)
REQUESTS = Counter("http_requests_total", "HTTP requests.", ["method", "path", "status"])
DURATION = Histogram("http_request_duration_seconds", "Duration of HTTP requests.", ["method", "path"])
COLUMNS = """transactions.id::text AS "id", account_id AS "accountId", amount::text, currency, description, status,
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt",
  to_char(settled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "settledAt" """
# gunicorn imports this in each of its workers, after the fork
pool = ThreadedConnectionPool(5, 5, os.environ["DATABASE_URL"])


@contextmanager
def cursor():
    connection = pool.getconn()
    try:
        with connection, connection.cursor(cursor_factory=RealDictCursor) as open_cursor:
            yield open_cursor
    finally:
        pool.putconn(connection)


@app.before_request
def start_timer():
    g.started = perf_counter()


@app.after_request
def measure(response):
    path = request.url_rule.rule if request.url_rule else "unmatched"
    DURATION.labels(request.method, path).observe(perf_counter() - g.started)
    REQUESTS.labels(request.method, path, response.status_code).inc()
    return response


@app.get("/metrics")
def metrics():
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@app.get("/health/live")
def live():
    return jsonify(status="ok")


@app.get("/health")
def health():
    with cursor() as cur:
        cur.execute("SELECT 1")
    return jsonify(status="ok")


@app.get("/transactions")
def list_transactions():
    with cursor() as cur:
        cur.execute(f"SELECT {COLUMNS} FROM transactions ORDER BY transactions.id DESC LIMIT 50")
        return jsonify(items=cur.fetchall())


@app.get("/transactions/<int:transaction_id>")
def get_transaction(transaction_id):
    with cursor() as cur:
        cur.execute(f"SELECT {COLUMNS} FROM transactions WHERE id = %s", (transaction_id,))
        row = cur.fetchone()
    return jsonify(row) if row else (jsonify(error="not found"), 404)


@app.post("/transactions")
def create_transaction():
    body = request.get_json()
    values = (body["accountId"], body["amount"], body["currency"], body.get("description"))
    with cursor() as cur:
        cur.execute(
            f"INSERT INTO transactions (account_id, amount, currency, description) VALUES (%s, %s, %s, %s) RETURNING {COLUMNS}",
            values,
        )
        return jsonify(cur.fetchone()), 201
