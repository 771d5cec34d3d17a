import { expect, it, vi } from 'vitest';
import { createLifecycle } from '../src/lifecycle.ts';
import { createLogger } from '../src/logger.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

it('releases last in, first out', async () => {
  const lifecycle = createLifecycle({ logger });
  const order: string[] = [];
  lifecycle.onStop('pool', () => order.push('pool'));
  lifecycle.onStop('server', async () => order.push('server'));
  expect(await lifecycle.stop()).toEqual([]);
  expect(order).toEqual(['server', 'pool']);
});

it('releases once, however often and however concurrently it is stopped', async () => {
  const lifecycle = createLifecycle({ logger });
  const release = vi.fn();
  lifecycle.onStop('pool', release);
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  await lifecycle.stop();
  expect(release).toHaveBeenCalledTimes(1);
});

it('a step that throws or hangs is named, and stops none of the others', async () => {
  const lifecycle = createLifecycle({ logger, stepTimeoutMs: 20 });
  const pool = vi.fn();
  lifecycle.onStop('pool', pool);
  lifecycle.onStop('hanging', () => new Promise(() => undefined));
  lifecycle.onStop('throwing', () => {
    throw new Error('no');
  });
  expect(await lifecycle.stop()).toEqual(['throwing', 'hanging']);
  expect(pool).toHaveBeenCalledOnce();
});
