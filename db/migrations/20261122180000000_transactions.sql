-- Up Migration

-- The public schema holds nothing but these tables, and only their owner may add to it.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO app, monitor;

-- Lists are newest first by `id`: immutable, unique, and its index is there anyway.
-- ALWAYS: nobody brings an id of their own, so no row can be put between two pages that were read already.
CREATE TABLE transactions (
  id          bigint GENERATED ALWAYS AS IDENTITY
              CONSTRAINT transactions_pkey PRIMARY KEY,
  account_id  text NOT NULL
              CONSTRAINT transactions_account_id_format CHECK (account_id ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  -- BETWEEN and not > 0: NaN counts as greater than every number
  amount      numeric(14,2) NOT NULL
              CONSTRAINT transactions_amount_range CHECK (amount BETWEEN 0.01 AND 999999999999.99),
  currency    char(3) NOT NULL
              CONSTRAINT transactions_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
  description text
              CONSTRAINT transactions_description_length CHECK (char_length(description) <= 500),
  status      text NOT NULL DEFAULT 'pending'
              CONSTRAINT transactions_status_known CHECK (status IN ('pending', 'settled', 'failed')),
  created_at  timestamptz NOT NULL DEFAULT now(),
  settled_at  timestamptz,
  CONSTRAINT transactions_settled_at_matches_status CHECK ((status = 'pending') = (settled_at IS NULL))
);

-- Lists by status, newest first; and the ledger's foreign key needs it to be unique.
CREATE UNIQUE INDEX transactions_status_id_key ON transactions (status, id);
-- Claims oldest first; counts the backlog and finds its oldest without a look at the table. As small as the backlog is.
CREATE INDEX transactions_pending_idx ON transactions (created_at, id) WHERE status = 'pending';
-- Prunes by age; pending rows are not in it.
CREATE INDEX transactions_settled_at_idx ON transactions (settled_at) WHERE settled_at IS NOT NULL;

-- One line per settlement. The primary key makes a second settlement fail; the foreign key makes the ledger say the same
-- as the row does, and keeps a settled row from becoming anything else while its line is there.
CREATE TABLE settlements (
  transaction_id bigint NOT NULL
                 CONSTRAINT settlements_pkey PRIMARY KEY,
  outcome        text NOT NULL
                 CONSTRAINT settlements_outcome_known CHECK (outcome IN ('settled', 'failed')),
  settled_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- the services name their connections after themselves and their host
  settled_by     text NOT NULL DEFAULT coalesce(nullif(current_setting('application_name'), ''), 'unknown')
                 CONSTRAINT settlements_settled_by_length CHECK (char_length(settled_by) BETWEEN 1 AND 200),
  CONSTRAINT settlements_match_transaction
    FOREIGN KEY (outcome, transaction_id) REFERENCES transactions (status, id) ON DELETE CASCADE
);

-- A settled or failed row is final, also without a line in the ledger.
CREATE FUNCTION refuse_change_of_final_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'transaction % is % already: that is final', OLD.id, OLD.status
    USING ERRCODE = 'check_violation', TABLE = 'transactions', CONSTRAINT = 'transactions_final';
END
$$;
CREATE TRIGGER transactions_final BEFORE UPDATE ON transactions
  FOR EACH ROW WHEN (OLD.status <> 'pending') EXECUTE FUNCTION refuse_change_of_final_transaction();

-- The first answer to each Idempotency-Key. It is written by the statement that inserts the transaction, so either both
-- are there or none. No foreign key: the answer outlives a transaction that was pruned before the key.
CREATE TABLE idempotency_keys (
  key            text NOT NULL
                 CONSTRAINT idempotency_keys_pkey PRIMARY KEY
                 CONSTRAINT idempotency_keys_key_format CHECK (key ~ '^[\x21-\x7e]{1,255}$'),
  request_hash   bytea NOT NULL
                 CONSTRAINT idempotency_keys_request_hash_sha256 CHECK (octet_length(request_hash) = 32),
  transaction_id bigint NOT NULL,
  -- letter by letter; the row itself may have been settled since
  response       text NOT NULL
                 CONSTRAINT idempotency_keys_response_object CHECK (response IS JSON OBJECT),
  created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

-- `app` can only do what the services do: rows are born pending, and nothing but their status ever changes.
GRANT SELECT, DELETE ON transactions TO app;
GRANT INSERT (account_id, amount, currency, description) ON transactions TO app;
GRANT UPDATE (status, settled_at) ON transactions TO app;
GRANT SELECT, INSERT ON settlements TO app;
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO app;
GRANT UPDATE (created_at) ON idempotency_keys TO app; -- SELECT ... FOR UPDATE, which the clean-up uses, needs some column

-- `monitor` looks at money, not at clients' keys and answers.
GRANT SELECT ON transactions, settlements TO monitor;
