// `npm run gameday`
import { ConfigError } from '@stack/service-kit/config';
import { loadEnvironment } from '../load-environment.ts';
import { gamedayUsage, listExercises, parseGamedayOptions } from './gameday-options.ts';
import { runGameday } from './run-gameday.ts';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  });
try {
  const options = parseGamedayOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(gamedayUsage);
  else if (options.list) process.stdout.write(`${listExercises()}\n`);
  else process.exitCode = await runGameday(options, loadEnvironment(process.env), controller.signal);
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.problems.join('\n') : (error as Error).message}\n`);
  process.exitCode = 2;
}
