import { runCommand } from './cli/commands.ts';

void runCommand(process.argv.slice(2), process.env).then((code) => {
  if (code !== undefined) process.exitCode = code;
});
