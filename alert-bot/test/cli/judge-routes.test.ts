import { expect, it } from 'vitest';
import { judgeRoutes } from '../../src/cli/doctor/judge-routes.ts';

const bot = { hosts: ['alert-bot'], hasToken: false };
const ours = "{ name: alert-bot, webhook_configs: [{ url: 'http://alert-bot:5001/alert' }] }";
const hidden = (...names: string[]) =>
  names.map((name) => `  - { name: ${name}, webhook_configs: [{ url: <secret> }] }`).join('\n');

it.each<[string, string, RegExp | undefined]>([
  [
    'the bot first, and on',
    `route: { receiver: people, routes: [{ receiver: alert-bot, continue: true }] }\nreceivers: [${ours}, { name: people }]`,
    undefined,
  ],
  [
    'the bot first, and no further',
    `route: { receiver: people, routes: [{ receiver: alert-bot }, { receiver: people }] }\nreceivers: [${ours}, { name: people }]`,
    /takes every alert and ends there/,
  ],
  [
    'the only route is the bot, and no further',
    `route: { receiver: people, routes: [{ receiver: alert-bot }] }\nreceivers: [${ours}, { name: people }]`,
    /takes every alert and ends there/,
  ],
  [
    'the bot last, after people',
    `route: { receiver: people, routes: [{ receiver: people, continue: true }, { receiver: alert-bot }] }\nreceivers: [${ours}, { name: people }]`,
    undefined,
  ],
  [
    'the bot for some alerts only',
    `route: { receiver: people, routes: [{ receiver: alert-bot, matchers: ['team="shop"'] }] }\nreceivers: [${ours}, { name: people }]`,
    undefined,
  ],
  [
    'the bot deep in the tree',
    `route: { receiver: people, routes: [{ matchers: ['a="b"'], routes: [{ receiver: alert-bot, continue: true }] }] }\nreceivers: [${ours}, { name: people }]`,
    undefined,
  ],
  [
    'addresses hidden, one called like the bot',
    `route: { receiver: pager, routes: [{ receiver: alert-bot, continue: true }, { receiver: pager }] }\nreceivers:\n${hidden('pager', 'alert-bot')}`,
    undefined,
  ],
  [
    'addresses hidden, nothing known of which is the bot',
    `route: { receiver: a, routes: [{ receiver: a }, { receiver: b }] }\nreceivers:\n${hidden('a', 'b')}`,
    undefined,
  ],
  ['an empty configuration', '', /no receiver sends to the bot/],
  ['no webhook at all', 'route: { receiver: people }\nreceivers: [{ name: people }]', /no receiver sends to the bot/],
])('%s', (_, text, expected) => {
  const found = judgeRoutes(text, bot).filter(({ level }) => level === 'problem');
  expect(found.map((one) => one.text).join()).toMatch(expected ?? /^$/);
});
