import type { TestProject } from 'vitest/node';
import { type RunServer, startRunServer } from './run-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of what all test files of a run share; see run-server.ts. */
    runServerUrl: string;
  }
}

let server: RunServer | undefined;

/** Costs a few milliseconds: PostgreSQL starts when the first test asks for a database. */
export async function setup(project: TestProject): Promise<void> {
  server = await startRunServer();
  project.provide('runServerUrl', server.url);
}

export async function teardown(): Promise<void> {
  await server?.stop();
  server = undefined;
}
