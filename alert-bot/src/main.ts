import { runCommand } from './cli/commands.ts';

const code = await runCommand(process.argv.slice(2), process.env);
if (code !== undefined) process.exitCode = code;
