import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../src/fake-clock.ts';

describe('a fake clock', () => {
  it('stands still until it is moved', async () => {
    const clock = createFakeClock(1_000);
    expect(clock.now()).toBe(1_000);
    await clock.advance(500);
    expect(clock.now()).toBe(1_500);
  });

  it('wakes sleepers in the order of their times, each seeing its own time', async () => {
    const clock = createFakeClock(0);
    const woken: string[] = [];
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push(`${name} at ${clock.now()}`);
    };
    const all = [sleeper('late', 300), sleeper('early', 100), sleeper('never yet', 301)];
    await clock.advance(300);
    expect(woken).toEqual(['early at 100', 'late at 300']);
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1);
    await Promise.all(all);
  });

  it('wakes a sleeper that went to sleep while time was moving', async () => {
    const clock = createFakeClock(0);
    let turns = 0;
    const loop = async () => {
      while (turns < 5) {
        await clock.sleep(100);
        turns += 1;
      }
    };
    const running = loop();
    await clock.advance(450);
    expect(turns).toBe(4);
    await clock.advance(50);
    await running;
  });

  it('ends a sleep at once when its signal aborts, and never rejects', async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const asleep = clock.sleep(1_000, controller.signal);
    controller.abort();
    await asleep;
    await clock.sleep(1_000, controller.signal);
    expect(clock.sleepers()).toBe(0);
  });

  it('jumps the wall clock without waking anybody', async () => {
    const clock = createFakeClock(10_000);
    const asleep = clock.sleep(100);
    clock.jump(-5_000);
    expect([clock.now(), clock.sleepers()]).toEqual([5_000, 1]);
    await clock.advance(100);
    await asleep;
  });
});
