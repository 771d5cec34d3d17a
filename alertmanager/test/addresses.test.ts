import { mailCases, slackCases, smtpCases } from '@stack/test-kit/address-cases';
import { describe, expect, it } from 'vitest';
import { renderConfiguration } from './render-configuration.ts';

/** The variables have two readers. What the bot makes of the same cases stands in alert-bot/test/notify/addresses.test.ts. */
describe('SMTP_URL', () => {
  it.each(smtpCases)('%s is read as the bot reads it', async (text, expected) => {
    const rendered = await renderConfiguration({ SMTP_URL: text, MAIL_TO: 'a@b' });
    if (typeof expected === 'string') {
      expect([rendered.ok, rendered.output]).toEqual([
        false,
        expect.stringMatching(new RegExp(`SMTP_URL .*${expected}`)),
      ]);
      return;
    }
    expect(rendered.output).toContain('config.yml');
    const config = rendered.read('config.yml');
    const host = expected.host.includes(':') ? `[${expected.host}]` : expected.host;
    expect(config).toContain(`smarthost: '${host}:${expected.port}'`);
    const plain = expected.tls === 'off' || expected.tls === 'offered'; // Alertmanager has no "if it is offered"
    if (expected.tls !== 'implicit') expect(config).toContain(`require_tls: ${!plain}`);
    if (expected.user === undefined) return expect(config).not.toContain('auth_');
    expect(config).toContain(`auth_username: '${expected.user.replaceAll("'", "''")}'`);
    expect(rendered.read('smtp-password')).toBe(expected.password);
  });

  it('smtps:// on another port than 465 is refused by name, because Alertmanager cannot speak it', async () => {
    const { ok, output } = await renderConfiguration({ SMTP_URL: 'smtps://mail:2465', MAIL_TO: 'a@b' });
    expect([ok, output]).toEqual([false, expect.stringContaining('on port 465 only')]);
  });

  it('that is refused is not repeated, because it holds a password', async () => {
    const { output } = await renderConfiguration({ SMTP_URL: 'smtp://bot:Gitw50#2x@h', MAIL_TO: 'a@b' });
    expect(output).toContain('write # as %23');
    expect(output).not.toContain('Gitw50');
  });
});

it.each(slackCases)('SLACK_WEBHOOK_URL %s: %s', async (text, isOne) => {
  const { ok, output } = await renderConfiguration({ SLACK_WEBHOOK_URL: text });
  expect(ok, output).toBe(isOne);
});

it.each(mailCases)('%j as MAIL_TO: %s, as MAIL_FROM: %s', async (text, isList, isOne) => {
  const to = await renderConfiguration({ SMTP_URL: 'smtp://h', MAIL_TO: text });
  const from = await renderConfiguration({ SMTP_URL: 'smtp://h', MAIL_TO: 'a@b', MAIL_FROM: text });
  expect([to.ok, from.ok]).toEqual([isList, isOne]);
});
