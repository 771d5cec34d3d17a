import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isStoreImage } from '../../src/runtime/docker/image-role.ts';
import { type FakeEngine, startFakeEngine } from './fake-engine.ts';
import { createFakeRuntime, type ServiceOverrides, seedService } from './fake-world.ts';

describe('an image', () => {
  it.each([
    ...['postgres', 'postgres:18', 'docker.io/library/postgres:18-alpine', 'postgres@sha256:0123', 'POSTGRES'],
    ...['bitnami/postgresql:17', 'postgis/postgis:17-3.5', 'timescale/timescaledb-ha:pg17', 'timescale/timescaledb'],
    ...['pgvector/pgvector:pg17', 'ghcr.io/zalando/spilo-17', 'mysql', 'mysql/mysql-server', 'mariadb:11', 'percona'],
    ...[
      'percona/percona-server-mongodb:8',
      'mongo:8',
      'mongodb/mongodb-community-server',
      'redis:8',
      'redis/redis-stack',
    ],
    ...[
      'valkey/valkey',
      'eqalpha/keydb',
      'cassandra:5',
      'scylladb/scylla',
      'elasticsearch:9',
      'opensearchproject/opensearch',
    ],
    ...[
      'docker.elastic.co/elasticsearch/elasticsearch:9',
      'clickhouse/clickhouse-server',
      'influxdb:2',
      'cockroachdb/cockroach',
    ],
    ...['quay.io/coreos/etcd', 'hashicorp/consul', 'zookeeper', 'confluentinc/cp-kafka', 'confluentinc/cp-zookeeper'],
    ...[
      'apache/kafka',
      'rabbitmq:4-management',
      'nats:2',
      'memcached',
      'minio/minio',
      'hashicorp/vault',
      'prom/prometheus',
    ],
    ...['prom/alertmanager', 'victoriametrics/victoria-metrics', 'localhost:5000/team/postgres:18', 'mysql8'],
    ...['web-postgres', 'app-db-redis:7', 'shop_api_mysql'],
    ...['mcr.microsoft.com/mssql/server', 'grafana/loki', 'couchdb', 'neo4j:5'],
  ])('of a store is known: %s', (image) => {
    expect(isStoreImage(image)).toBe(true);
  });

  it.each([
    ...[
      'prometheuscommunity/postgres-exporter',
      'oliver006/redis_exporter',
      'prom/mysqld-exporter',
      'node:24',
      'app:1',
    ],
    ...[
      'nginx',
      'postgres/app',
      'redis.example.com:6379/shop/api:2',
      'dpage/pgadmin4',
      'provectuslabs/kafka-ui',
      'mongo-express',
    ],
    ...[
      'grafana/grafana',
      'shop/kafka-consumer',
      'web-postgres-exporter',
      'sha256:0123456789abcdef',
      '',
      'constructor',
      '__proto__',
    ],
  ])('of something else is none: %s', (image) => {
    expect(isStoreImage(image)).toBe(false);
  });
});

describe('protection', () => {
  let engine: FakeEngine;
  beforeEach(async () => {
    engine = await startFakeEngine();
  });
  afterEach(() => engine.stop());

  const outcome = async (service: string, overrides: ServiceOverrides) => {
    seedService(engine, service, overrides);
    const runtime = createFakeRuntime(engine);
    const seen = (await runtime.observe()).services.get(service);
    const result = await runtime.restart({ service }, { healthTimeoutMs: 10_000 });
    return { shown: seen?.protected, result: result.ok ? 'restarted' : result.code };
  };
  const isKept = { shown: true, result: 'protected_target' };
  const isFree = { shown: false, result: 'restarted' };

  it.each(['alert-bot', 'alert-bot-agent', 'prometheus', 'alertmanager', 'db'])(
    'is given to the service %s by its name, whatever its labels say',
    async (service) => {
      expect(await outcome(service, { labels: { 'self-healing.enable': service } })).toEqual(isKept);
    },
  );

  it.each([
    ['postgres', 'postgres:18'],
    ['mysql', 'mysql:9'],
    ['prom', 'prom/prometheus:v3'],
    ['store', 'registry.example/bitnami/redis@sha256:0123'],
  ])('is given to the service %s by its image, although it opted in', async (service, Image) => {
    expect(await outcome(service, { config: { Image } })).toEqual(isKept);
    expect(engine.events).toEqual([]);
  });

  it('by image ends when the service opted in by its name, and not by another one', async () => {
    const config = { Image: 'redis:8' };
    expect(await outcome('cache', { config, labels: { 'self-healing.enable': 'cache' } })).toEqual(isFree);
    expect(await outcome('queue', { config, labels: { 'self-healing.enable': 'cache' } })).toMatchObject({
      shown: true,
    });
  });

  it.each(['false', 'no', 'off', '0', 'False'])(
    'is not needed: a label that says %s is a no on a service of that name',
    async (word) => {
      const { result } = await outcome(word, { labels: { 'self-healing.enable': word } });
      expect(result).toBe('not_opted_in');
    },
  );

  it('by image does not end with a label that says true on a service of that name', async () => {
    expect(await outcome('true', { config: { Image: 'redis:8' } })).toEqual(isKept);
  });

  it.each(['self-healing.protect', 'self-healing.protected'])('is given by the label %s', async (label) => {
    expect(await outcome('api', { labels: { [label]: 'true' } })).toEqual(isKept);
  });

  it('is given to another part of the repair by the label self-healing.role', async () => {
    expect(await outcome('holder', { labels: { 'self-healing.role': 'agent' } })).toEqual(isKept);
  });

  it('is not given to an exporter', async () => {
    expect(await outcome('redis-exporter', { config: { Image: 'oliver006/redis_exporter:v1' } })).toEqual(isFree);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'and opting in mean nothing else for a service called %s',
    async (service) => {
      expect(await outcome(service, {})).toEqual(isFree);
      expect(await createFakeRuntime(engine).restart({ service: 'valueOf' }, { healthTimeoutMs: 1_000 })).toMatchObject(
        {
          code: 'target_missing',
        },
      );
    },
  );
});
