import { join } from 'node:path';
import { runChecks } from '../../../prometheus/src/run-checks.ts';
import { routeArguments, routeCases } from '../route-cases.ts';

const config = join(import.meta.dirname, '../../config.yml');

process.exitCode = await runChecks(
  'amtool',
  [
    { title: 'alertmanager/config.yml', args: ['check-config', config] },
    ...routeCases.map((routeCase) => ({ title: `route: ${routeCase.title}`, args: routeArguments(config, routeCase) })),
  ],
  console.log,
);
