import type { Clock } from '@stack/service-kit/clock';
import type { Lifecycle } from '@stack/service-kit/lifecycle';
import type { Logger } from '@stack/service-kit/logger';
import type { AlertBotConfig } from '../config.ts';
import type { Healer } from '../healer/healer.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type AlertmanagerPost, createAlertmanagerPost } from './alertmanager-post.ts';
import { createEngineSource, type EngineSource } from './engine-source.ts';
import { rememberedAlerts } from './remembered-alerts.ts';

export interface EngineAlertsOptions {
  config: Pick<AlertBotConfig, 'ENGINE_ALERTS' | 'RUNTIME' | 'alertmanager'>;
  clock: Clock;
  logger: Logger;
  lifecycle: Lifecycle;
  runtime: Runtime;
  /** There is one by the time that the source is started. */
  healer: () => Pick<Healer, 'intake' | 'incidents'>;
  /** Where a browser reaches the bot. */
  botUrl: string;
}

/**
 * The engine as a source of alerts for the healer and, where one is configured, for Alertmanager. Undefined when it is switched
 * off.
 */
export function createEngineAlerts(options: EngineAlertsOptions): EngineSource | undefined {
  const { config, clock, logger, runtime, healer } = options;
  if (!config.ENGINE_ALERTS) return undefined;
  const engine: EngineSource = createEngineSource({
    ...{ runtime, clock, logger },
    deliver: (delivery) => healer().intake(delivery),
    onTold: (alerts) => post?.changed(alerts),
    remembered: () => rememberedAlerts(healer()),
  });
  const post = createPost(options, engine);
  return engine;
}

/** A dry run tells nobody. */
function createPost(options: EngineAlertsOptions, engine: EngineSource): AlertmanagerPost | undefined {
  const { config, clock, logger, botUrl, lifecycle } = options;
  if (!config.alertmanager || config.RUNTIME === 'dry-run') return undefined;
  const firing = () => engine.firing();
  const post = createAlertmanagerPost({ address: config.alertmanager, firing, clock, logger, botUrl });
  lifecycle.onStop('alerts for Alertmanager', () => post.stop());
  post.start();
  return post;
}
