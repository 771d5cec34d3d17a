import { ConfigError } from '@stack/service-kit/config';

/**
 * Runs one of the small commands: prints what went wrong as one message, and never a stack.
 * Exit codes: 0 done, 1 failed, 2 the command line is not understood.
 */
export async function runCommand(command: (args: readonly string[]) => Promise<void>): Promise<void> {
  try {
    await command(process.argv.slice(2));
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems.join('\n') : (error as Error).message;
    process.stderr.write(`${problems}\n`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}
