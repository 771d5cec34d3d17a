import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/verify/neighbour.ts';
import { createInjectedFaults } from '../../src/verify/prometheus/injected-faults.ts';

const sample = (metric: object) => ({ metric, value: [1_767_225_600, '1'] });
const answered = (result: unknown): Answer => ({ ok: true, date: 0, body: { status: 'success', data: { result } } });

async function faultsOf(answer: Answer) {
  const faults = createInjectedFaults({ ask: async () => answer });
  await faults.look();
  return faults.current();
}

describe('the faults that are switched on', () => {
  it('are those that a service says of itself, with the replica', async () => {
    const latency = { job: 'api', instance: '10.0.0.3:8000', fault: 'latency' };
    expect(
      await faultsOf(answered([sample(latency), sample({ job: 'api', fault: 'hang' }), sample({}), 'odd'])),
    ).toEqual([{ service: 'api', instance: '10.0.0.3:8000', fault: 'latency' }]);
  });

  it.each<[string, Answer]>([
    ['no answer', { ok: false, error: 'it answered 503' }],
    ['no fault', answered([])],
    ['no list', { ok: true, date: 0, body: { data: null } }],
  ])('are none when there is %s', async (_, answer) => {
    expect(await faultsOf(answer)).toEqual([]);
  });

  it('are a few, however many there are', async () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      sample({ job: 'api', instance: `10.0.0.${i}`, fault: 'latency' }),
    );
    expect(await faultsOf(answered(many))).toHaveLength(20);
  });

  it('are forgotten when Prometheus does not answer any more', async () => {
    const answers = [
      answered([sample({ job: 'api', instance: 'a', fault: 'latency' })]),
      { ok: false, error: 'x' } as const,
    ];
    const faults = createInjectedFaults({ ask: async () => answers.shift() as Answer });
    await faults.look();
    expect(faults.current()).toHaveLength(1);
    await faults.look();
    expect(faults.current()).toEqual([]);
  });
});
