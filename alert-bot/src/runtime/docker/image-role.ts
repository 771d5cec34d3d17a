/** What holds data that a restart can damage, and what the bot's own eyes are. */
const stores = new Set([
  ...['postgres', 'postgresql', 'postgis', 'pgvector', 'timescaledb', 'timescale', 'citus', 'spilo', 'pgpool'],
  ...['mysql', 'mariadb', 'percona', 'tidb', 'tikv', 'mssql', 'db2', 'mongo', 'mongodb', 'ferretdb', 'couchdb'],
  ...['couchbase', 'neo4j', 'arangodb', 'dgraph', 'surrealdb', 'rethinkdb', 'cassandra', 'scylla', 'scylladb', 'hbase'],
  ...['redis', 'valkey', 'keydb', 'dragonfly', 'memcached', 'hazelcast', 'aerospike', 'foundationdb'],
  ...['elasticsearch', 'opensearch', 'solr', 'meilisearch', 'typesense', 'qdrant', 'weaviate', 'milvus', 'chroma'],
  ...['clickhouse', 'influxdb', 'questdb', 'cockroach', 'cockroachdb', 'yugabyte', 'yugabytedb', 'immudb'],
  ...['etcd', 'consul', 'zookeeper', 'vault', 'openbao'],
  ...['kafka', 'redpanda', 'rabbitmq', 'nats', 'pulsar', 'activemq', 'mosquitto', 'emqx', 'nsqd'],
  ...['minio', 'seaweedfs', 'ceph', 'registry'],
  ...['prometheus', 'alertmanager', 'victoriametrics', 'victorialogs', 'vmalert', 'vmagent', 'vmsingle', 'vmstorage'],
  ...['thanos', 'mimir', 'cortex', 'loki'],
]);

/** What stands around a store and holds nothing itself. */
const tools = new Set([
  ...['exporter', 'ui', 'console', 'commander', 'insight', 'admin', 'express', 'dashboard', 'dashboards', 'bouncer'],
  ...[
    'adapter',
    'operator',
    'client',
    'cli',
    'consumer',
    'producer',
    'worker',
    'connect',
    'router',
    'proxy',
    'gateway',
  ],
  ...['bridge', 'sync', 'migrate', 'migrations', 'migrator', 'backup', 'api', 'app', 'web'],
]);

/** Names of several words whose words alone mean other things. */
const compounds = /^(?:victoria-(?:metrics|logs)|sql-?server|azure-sql-edge|oracle-(?:free|xe|database))/;

/** Last segments that say nothing without the one before: `mssql/server`. */
const bare = new Set(['server', 'database', 'enterprise']);

/** The last segment of an image's path, without registry, tag and digest: `bitnami/postgresql:17@sha256:…` is `postgresql`. */
export function imageName(reference: string): string {
  const segments = (reference.split('@')[0] ?? '').toLowerCase().split('/');
  const last = segments.pop()?.split(':')[0] ?? '';
  return bare.has(last) && segments.length > 0 ? `${segments.pop()}-${last}` : last;
}

export const isPrometheusImage = (reference: string): boolean => imageName(reference) === 'prometheus';

/**
 * Whether an image is that of a database, a queue, another store, or of what watches the services: one word of its name says
 * so, with a version behind it (`influxdb2`) or without, and none after it says that it is a tool around one
 * (`redis_exporter`). A word before it says where it is used: compose calls an image that it builds `web-postgres`.
 */
export function isStoreImage(reference: string): boolean {
  const name = imageName(reference);
  const words = name.split(/[-_.]/);
  const isStore = (word: string) => stores.has(word) || stores.has(word.replace(/[v\d]+$/, ''));
  const lastTool = words.findLastIndex((word) => tools.has(word));
  return words.findLastIndex(isStore) > lastTool || (lastTool < 0 && compounds.test(name));
}
