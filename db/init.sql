-- What a fresh compose volume runs first, through /docker-entrypoint-initdb.d: the two roles, so that the exporters can log
-- in before the migrations have run. Everything else, and the roles again when they are missing or their passwords have
-- changed, is the work of `migrate`: the schema has one source, db/migrations. Passwords come from the environment.
\set ON_ERROR_STOP on
\getenv app_password APP_DB_PASSWORD
\getenv monitor_password MONITOR_DB_PASSWORD
CREATE ROLE app LOGIN PASSWORD :'app_password';
CREATE ROLE monitor LOGIN PASSWORD :'monitor_password' IN ROLE pg_monitor;
