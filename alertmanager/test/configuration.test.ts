import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTools } from '../../prometheus/src/find-tools.ts';
import { runTool } from '../../prometheus/src/run-tool.ts';
import { routeArguments, routeCases } from '../src/route-cases.ts';
import { renderConfiguration, temporaryFolder } from './render-configuration.ts';

const amtools = findTools('amtool');
const committed = join(import.meta.dirname, '../config.yml');

/** Characters that mean something to sh, sed, awk, YAML, Go templates or URLs. */
const awkward = `a'b"c\\d$e&f|g#h: {{i}} \`j\` *k %l`;

const token = { ALERT_BOT_TOKEN: awkward };
const slack = { SLACK_WEBHOOK_URL: 'https://hooks.example/services/T0/B0/x?a=1&b=2' };
const mail = { SMTP_URL: 'smtp://mail.example:2525', MAIL_TO: 'ops@example.org' };
const mailWithLogin = {
  SMTP_URL: `smtps://${encodeURIComponent(`user'@x`)}:${encodeURIComponent(awkward)}@mail.example`,
  MAIL_TO: `o'brien@example.org, b@example.org`,
  MAIL_FROM: 'Stack <stack@example.org>',
};

const combinations = [undefined, token].flatMap((a) =>
  [undefined, slack].flatMap((b) => [undefined, mail, mailWithLogin].map((c) => ({ ...a, ...b, ...c }))),
);

describe.each(amtools)('%s', (amtool) => {
  it('accepts the committed file as it stands', async () => {
    const { ok, output } = await runTool(amtool, ['check-config', committed]);
    expect(ok, output).toBe(true);
  });

  it.each(combinations)('accepts what is rendered for %j', async (variables) => {
    const rendered = await renderConfiguration(variables);
    expect(rendered.ok, rendered.output).toBe(true);
    const { ok, output } = await runTool(amtool, ['check-config', rendered.configFile]);
    expect(ok, output).toBe(true);
  });

  it.each(routeCases)('$title', async (routeCase) => {
    const { ok, output } = await runTool(amtool, routeArguments(committed, routeCase));
    expect(ok, output).toBe(true);
  });

  it('refuses a wrong expectation, so that the cases above mean something', async () => {
    const wrong = { ...routeCases[0]!, receivers: ['alert-bot'] };
    expect((await runTool(amtool, routeArguments(committed, wrong))).ok).toBe(false);
  });
});

describe('secrets', () => {
  it('stand in files that only the owner reads, and not in the configuration', async () => {
    const rendered = await renderConfiguration({ ...token, ...slack, ...mailWithLogin });
    expect(rendered.read('bot-token')).toBe(awkward);
    expect(rendered.read('slack-url')).toBe(slack.SLACK_WEBHOOK_URL);
    expect(rendered.read('smtp-password')).toBe(awkward);
    const config = rendered.read('config.yml');
    for (const part of ['b"c', 'hooks.example', '%l']) expect(config).not.toContain(part);
    for (const name of ['bot-token', 'slack-url', 'smtp-password', 'config.yml'])
      expect(statSync(join(rendered.folder, name)).mode & 0o077).toBe(0);
  });

  it('come from files too', async () => {
    const secrets = temporaryFolder();
    const inFile = (name: string, value: string) => {
      writeFileSync(join(secrets, name), `${value}\n`);
      return join(secrets, name);
    };
    const rendered = await renderConfiguration({
      ALERT_BOT_TOKEN_FILE: inFile('token', awkward),
      SLACK_WEBHOOK_URL_FILE: inFile('slack', slack.SLACK_WEBHOOK_URL),
      SMTP_URL_FILE: inFile('smtp', mailWithLogin.SMTP_URL),
      MAIL_TO: mailWithLogin.MAIL_TO,
    });
    expect(rendered.read('bot-token')).toBe(awkward);
    expect(rendered.read('slack-url')).toBe(slack.SLACK_WEBHOOK_URL);
    expect(rendered.read('smtp-password')).toBe(awkward);
  });

  it('of an earlier start are gone when they are no longer set', async () => {
    const first = await renderConfiguration(token);
    const second = await renderConfiguration({ RENDER_DIR: first.folder });
    expect(second.ok).toBe(true);
    expect(() => first.read('bot-token')).toThrow();
    expect(first.read('config.yml')).not.toContain('credentials_file');
  });
});

it('treats empty variables as unset, as compose passes them', async () => {
  const names = ['ALERT_BOT_TOKEN', 'SLACK_WEBHOOK_URL', 'SMTP_URL', 'MAIL_TO', 'MAIL_FROM', 'ALERT_BOT_TOKEN_FILE'];
  const empty = await renderConfiguration(Object.fromEntries(names.map((name) => [name, ''])));
  const unset = await renderConfiguration({});
  expect(empty.read('config.yml')).toBe(unset.read('config.yml'));
});

it('sends to another bot when told so', async () => {
  const url = `http://127.0.0.1:5001/alert?x='1'`;
  const config = (await renderConfiguration({ ALERT_BOT_URL: url })).read('config.yml');
  expect(config.split(`url: 'http://127.0.0.1:5001/alert?x=''1'''`).length - 1).toBe(2);
});

it.each([
  [
    'a token and its file',
    { ALERT_BOT_TOKEN: 'a', ALERT_BOT_TOKEN_FILE: '/x' },
    'ALERT_BOT_TOKEN is set together with',
  ],
  [
    'a file that is not there',
    { SLACK_WEBHOOK_URL_FILE: '/nowhere' },
    'cannot read /nowhere, named by SLACK_WEBHOOK_URL_FILE',
  ],
  ['an empty file', { ALERT_BOT_TOKEN_FILE: '/dev/null' }, 'is empty; put the secret into it'],
  ['a token of two lines', { ALERT_BOT_TOKEN: 'a\nb' }, 'ALERT_BOT_TOKEN has more than one line'],
  [
    'a Slack address that is none',
    { SLACK_WEBHOOK_URL: 'hooks.example' },
    'SLACK_WEBHOOK_URL does not begin with https://',
  ],
  ['mail to nobody', { SMTP_URL: 'smtp://h' }, 'MAIL_TO is not; say who gets the mail'],
  ['another protocol', { SMTP_URL: 'http://h', MAIL_TO: 'a@b' }, 'SMTP_URL does not begin with smtp:// or smtps://'],
  ['a port that is none', { SMTP_URL: 'smtp://h:x1', MAIL_TO: 'a@b' }, 'the port in SMTP_URL is not a number'],
  ['no host', { SMTP_URL: 'smtp://u:p@', MAIL_TO: 'a@b' }, 'SMTP_URL names no host'],
  [
    'TLS from the first byte on another port',
    { SMTP_URL: 'smtps://h:2465', MAIL_TO: 'a@b' },
    'smtps:// works on port 465 only',
  ],
])('refuses %s and says why', async (_, variables, message) => {
  const { ok, output } = await renderConfiguration(variables as Record<string, string>);
  expect(ok).toBe(false);
  expect(output).toContain(message);
});
