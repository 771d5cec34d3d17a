import { inject } from 'vitest';
import { type ComposeProject, createComposeProject } from './compose-project.ts';

/** What global setup tells the scenarios: all that is needed to talk to the running stack. */
export interface StackDescription {
  project: string;
  files: string[];
  env: Record<string, string>;
  ports: { api: number; alertBot: number; prometheus: number; alertmanager: number };
  /** Milliseconds from `up` to the last container being healthy. */
  healthyAfterMs: number;
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackDescription;
  }
}

export interface Stack extends ComposeProject {
  api: string;
  alertBot: string;
  prometheus: string;
  alertmanager: string;
  description: StackDescription;
}

/** The running stack, from inside a scenario. */
export function connectToStack(): Stack {
  const description = inject('stack');
  const { project, files, env, ports } = description;
  return {
    ...createComposeProject({ name: project, files, env }),
    description,
    api: `http://127.0.0.1:${ports.api}`,
    alertBot: `http://127.0.0.1:${ports.alertBot}`,
    prometheus: `http://127.0.0.1:${ports.prometheus}`,
    alertmanager: `http://127.0.0.1:${ports.alertmanager}`,
  };
}
