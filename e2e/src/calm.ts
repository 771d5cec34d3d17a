import { startFreshBot } from './alert-bot.ts';
import { eventually } from './eventually.ts';
import { healApi } from './faults.ts';
import { firingAlerts } from './prometheus.ts';
import { connectToStack, type Stack } from './stack.ts';
import { waitForHealth } from './wait-for-health.ts';

/** How every scenario begins: no fault, everything healthy, one worker, no alert firing, and a bot without a past. */
export async function calmStack(): Promise<Stack> {
  const stack = connectToStack();
  // starts what an earlier scenario left dead, and scales back what it left scaled
  await stack.compose('up', '-d');
  await healApi(stack);
  await waitForHealth(stack);
  await noAlertFires(stack);
  await startFreshBot(stack);
  return stack;
}

export async function noAlertFires(stack: Stack, timeoutMs = 120_000): Promise<void> {
  await eventually(
    async () => {
      const firing = await firingAlerts(stack);
      if (firing.length > 0) throw new Error(`still firing: ${firing.join(', ')}`);
    },
    { timeoutMs },
  );
}
