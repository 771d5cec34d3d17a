import type { ComposeProject, Replica } from './compose-project.ts';
import { eventually } from './eventually.ts';

/** Why a container is not as it should be, or undefined. One-shots have ended well; everything else runs and is healthy. */
export function complaint({ service, state, health, exitCode }: Replica): string | undefined {
  if (service === 'migrate') return state === 'exited' && exitCode === 0 ? undefined : `${state} (${exitCode})`;
  if (state !== 'running') return state;
  return health === '' || health === 'healthy' ? undefined : health;
}

/** Waits until every container of the project (or of one service) is healthy. */
export async function waitForHealth(project: ComposeProject, service?: string, timeoutMs = 90_000): Promise<void> {
  await eventually(
    async () => {
      const replicas = await project.replicas(service);
      const sick = replicas.flatMap((each) => complaint(each) ?? []).length;
      if (replicas.length === 0 || sick > 0)
        throw new Error(`not healthy: ${replicas.map((each) => `${each.name} ${complaint(each) ?? 'ok'}`).join(', ')}`);
    },
    { timeoutMs },
  );
}
