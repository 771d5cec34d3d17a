// `npm run demo`
import { ConfigError } from '@stack/service-kit/config';
import { loadEnvironment } from '../load-environment.ts';
import { demoUsage, parseDemoOptions } from './demo-options.ts';
import { runDemo } from './run-demo.ts';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  });
try {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(demoUsage);
  else process.exitCode = await runDemo(options, loadEnvironment(process.env), controller.signal);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof ConfigError ? 2 : 1;
}
