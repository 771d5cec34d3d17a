import type { Env } from '@stack/service-kit/config';
import type { Lifecycle } from '@stack/service-kit/lifecycle';
import type { Logger } from '@stack/service-kit/logger';
import type { LocalConfig } from './config.ts';
import type { Console } from './console.ts';
import type { ReplicaGroup } from './replica-group.ts';

export interface SupervisorOptions {
  config: LocalConfig;
  env: Env;
  /** Where data, bundles and the rendered configuration are. */
  directory: string;
  console: Console;
  /** PostgreSQL, api and worker alone: `npm run dev`. */
  servicesOnly: boolean;
  /** Seconds instead of minutes in rules and runbooks. */
  fast: boolean;
  /** Whether to look for missing programs in Debian packages. */
  fetch: boolean;
}

/** What a supervisor has while it runs. */
export interface Running {
  options: SupervisorOptions;
  /** By service; parts that are not installed have none. */
  groups: Map<string, ReplicaGroup>;
  lifecycle: Lifecycle;
  logger: Logger;
  isStopping: () => boolean;
}
