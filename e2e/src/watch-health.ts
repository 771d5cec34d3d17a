import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { projectLabel } from './compose-project.ts';

interface SeenEvent {
  action: string;
  service: string;
  /** Milliseconds since the epoch, by the engine's clock. */
  at: number;
}

export interface HealthWatch {
  /** Whether the engine told of such a thing, `start` for example, and when it did so last. */
  last(service: string, action: string): number | undefined;
  count(service: string, action: string): number;
}

/** Listens to the engine about a project, until the scenario ends. */
export function watchHealth(project: string): HealthWatch {
  const filters = ['type=container', `label=${projectLabel}=${project}`].flatMap((filter) => ['--filter', filter]);
  const child = spawn('docker', ['events', '--format', '{{json .}}', ...filters], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const seen: SeenEvent[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { Action, timeNano, Actor } = JSON.parse(line) as {
      Action: string;
      timeNano: number;
      Actor: { Attributes: Record<string, string> };
    };
    const service = Actor.Attributes['com.docker.compose.service'] ?? '';
    seen.push({ action: Action, service, at: timeNano / 1e6 });
  });
  onTestFinished(() => void child.kill());
  const of = (service: string, action: string) =>
    seen.filter((event) => event.service === service && event.action === action);
  return {
    last: (service, action) => of(service, action).at(-1)?.at,
    count: (service, action) => of(service, action).length,
  };
}
