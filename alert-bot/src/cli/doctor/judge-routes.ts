import { parse } from 'yaml';
import type { BotAddress } from './check-alertmanager.ts';
import { type Finding, problem, warning } from './finding.ts';

interface Webhook {
  url?: string;
  send_resolved?: boolean;
  http_config?: { authorization?: object; basic_auth?: object; bearer_token?: string };
}
interface Receiver {
  name: string;
  webhook_configs?: Webhook[];
}
interface Route {
  receiver?: string;
  continue?: boolean;
  matchers?: unknown[];
  match?: object;
  match_re?: object;
  group_interval?: string;
  routes?: Route[];
}
interface AlertmanagerConfig {
  route?: Route;
  receivers?: Receiver[];
}

/** A webhook that is the bot's, or may be: newer versions show `<secret>` instead of an address. */
interface OurWebhook {
  receiver: string;
  webhook: Webhook;
  certain: boolean;
}

/** What keeps alerts from the bot, or from people because of the bot, in the configuration as Alertmanager shows it. */
export function judgeRoutes(text: string, bot: BotAddress): Finding[] {
  const { route = {}, receivers = [] } = (parse(text) ?? {}) as AlertmanagerConfig;
  const ours = findOurs(receivers, bot);
  const names = new Set(ours.map(({ receiver }) => receiver));
  const [first] = names;
  if (first === undefined)
    return [
      problem(
        'alertmanager',
        'no receiver sends to the bot',
        `add one with webhook_configs: [{ url: 'http://${bot.hosts[0] ?? 'alert-bot'}:5001/alert', send_resolved: true }] and a route to it (alert-bot init prints both)`,
      ),
    ];
  if (routesTo(route, names).length === 0)
    return [
      problem(
        'alertmanager',
        `no route leads to the receiver ${[...names].join(', ')}`,
        `add it under route.routes: { receiver: ${first}, continue: true }`,
      ),
    ];
  const certain = new Set(ours.flatMap((one) => (one.certain ? one.receiver : [])));
  return [...judgeSilence(route, certain), ...ours.flatMap((one) => judgeWebhook(one, bot))];
}

function findOurs(receivers: readonly Receiver[], { hosts }: BotAddress): OurWebhook[] {
  const all = receivers.flatMap(({ name, webhook_configs = [] }) =>
    webhook_configs.map((webhook) => ({ receiver: name, webhook })),
  );
  const named = all.filter(({ webhook }) => leadsTo(webhook.url, hosts));
  if (named.length > 0) return named.map((one) => ({ ...one, certain: true }));
  const hidden = all.filter(({ webhook }) => webhook.url === '<secret>');
  const ofName = hidden.filter(({ receiver }) => /bot|heal/i.test(receiver));
  const likely = ofName.length > 0 ? ofName : hidden;
  return likely.map((one) => ({ ...one, certain: likely.length === 1 }));
}

function leadsTo(url: string | undefined, hosts: readonly string[]): boolean {
  const address = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !/^\/alerts?\/?$/.test(address.pathname)) return false;
  return hosts.length === 0 || hosts.includes(address.hostname);
}

const routesTo = (route: Route, names: ReadonlySet<string>): Route[] => [
  ...(names.has(route.receiver ?? '') ? [route] : []),
  ...(route.routes ?? []).flatMap((child) => routesTo(child, names)),
];

const isCatchAll = ({ matchers, match, match_re }: Route): boolean =>
  (matchers ?? []).length === 0 && !match && !match_re;

/** A route to the bot that takes everything and does not go on keeps the routes after it, and the default, from hearing anything. */
function judgeSilence(root: Route, names: ReadonlySet<string>): Finding[] {
  const siblings = root.routes ?? [];
  const ends = siblings.find(
    (route, index) =>
      names.has(route.receiver ?? '') &&
      isCatchAll(route) &&
      route.continue !== true &&
      // the last one after others that go on: who was to hear has heard
      (index === 0 || index < siblings.length - 1),
  );
  if (!ends) return [];
  return [
    problem(
      'alertmanager',
      `the route to ${ends.receiver} takes every alert and ends there, so that no person hears of any`,
      'add continue: true to that route',
    ),
  ];
}

function judgeWebhook({ receiver, webhook, certain }: OurWebhook, bot: BotAddress): Finding[] {
  const { authorization, basic_auth, bearer_token } = webhook.http_config ?? {};
  const sendsToken = Boolean(authorization ?? basic_auth ?? bearer_token);
  const findings: Finding[] = [];
  if (bot.hasToken && !sendsToken && certain)
    findings.push(
      problem(
        'alertmanager',
        `the receiver ${receiver} sends no token, and the bot asks for one (ALERT_BOT_TOKEN): its deliveries get 401`,
        'add http_config: { authorization: { credentials: <the token> } } to its webhook',
      ),
    );
  if (webhook.send_resolved === false && certain)
    findings.push(
      warning('alertmanager', `the receiver ${receiver} does not say when an alert is over`, 'set send_resolved: true'),
    );
  return findings;
}
