/** One webhook body, made once; only the fingerprints change, in place, so that making it costs the load generator nothing. */
export interface Payload {
  bytes: Buffer;
  /** How many alerts it holds. */
  size: number;
  /** Where the fingerprints are. */
  fingerprints: readonly number[];
}

const fingerprintKey = '"fingerprint":"';
const fingerprintDigits = 16;

/** About 750 bytes an alert: 8 labels, 3 annotations, as Alertmanager sends them. No runbook names these alerts. */
export function makePayload(size: number): Payload {
  const body = {
    version: '4',
    groupKey: '{}:{alertname="DiskFull"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'alert-bot',
    groupLabels: { alertname: 'DiskFull' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    alerts: Array.from({ length: size }, (_, index) => alert(index)),
  };
  const bytes = Buffer.from(JSON.stringify(body));
  return { bytes, size, fingerprints: [...positionsOf(bytes)] };
}

const alert = (index: number) => ({
  status: 'firing',
  labels: {
    alertname: 'DiskFull',
    severity: 'critical',
    service: 'node',
    instance: `10.0.${(index >> 8) & 255}.${index & 255}:9100`,
    job: 'node',
    cluster: 'eu-1',
    team: 'payments',
    namespace: 'production',
  },
  annotations: {
    summary: `the disk of 10.0.${(index >> 8) & 255}.${index & 255} will be full within the day`,
    description:
      'Less than ten percent of the file system are free, and the last six hours say that it will be full soon.',
    runbook_url: 'http://localhost:5001/runbooks#DiskFull',
  },
  startsAt: '2026-01-31T12:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090/graph?g0.expr=node_filesystem_avail_bytes&g0.tab=1',
  fingerprint: index.toString(16).padStart(fingerprintDigits, '0'),
});

function* positionsOf(bytes: Buffer): Iterable<number> {
  for (let at = bytes.indexOf(fingerprintKey); at !== -1; at = bytes.indexOf(fingerprintKey, at + 1))
    yield at + fingerprintKey.length;
}

/** Gives every alert a fingerprint that no alert had before: new incidents. */
export function freshen({ bytes, fingerprints }: Payload, counter: { next: number }): void {
  for (const at of fingerprints) {
    bytes.write(counter.next.toString(16).padStart(fingerprintDigits, '0'), at, 'latin1');
    counter.next += 1;
  }
}
