import type { ConfigError } from '@stack/service-kit/config';
import { mailCases, slackCases, smtpCases } from '@stack/test-kit/address-cases';
import { describe, expect, it } from 'vitest';
import { loadAlertBotConfig } from '../../src/config.ts';
import { parseSmtpAddress } from '../../src/notify/smtp-address.ts';

/** What the bot says at start; empty when it starts. */
function problemsWith(env: Record<string, string>): string {
  try {
    loadAlertBotConfig(env);
    return '';
  } catch (error) {
    return (error as ConfigError).problems.join('\n');
  }
}

describe('SMTP_URL', () => {
  const good = smtpCases.filter(([, expected]) => typeof expected !== 'string');
  const bad = smtpCases.filter(([, expected]) => typeof expected === 'string');

  it.each(good)('%s is read', (text, expected) => {
    const { login, ...rest } = parseSmtpAddress(text);
    expect({ ...rest, ...login }).toEqual(expected);
    expect(problemsWith({ SMTP_URL: text, MAIL_TO: 'a@b' })).toBe('');
  });

  it.each(bad)('%s is refused at start', (text, expected) => {
    expect(problemsWith({ SMTP_URL: text, MAIL_TO: 'a@b' })).toMatch(new RegExp(`^SMTP_URL: .*${expected}`, 'm'));
  });

  it('that is refused is never repeated, because it holds a password, and says what to write', () => {
    const said = problemsWith({ SMTP_URL: 'smtp://bot:Gitw50#2x@127.0.0.1:2525', MAIL_TO: 'a@b' });
    expect(said).toContain('write # as %23');
    expect(said).not.toContain('Gitw50');
  });
});

it.each(slackCases)('SLACK_WEBHOOK_URL %s: %s', (text, isOne) => {
  expect(problemsWith({ SLACK_WEBHOOK_URL: text })).toBe(
    isOne
      ? ''
      : 'SLACK_WEBHOOK_URL: must be an https address without a login, a fragment or blanks (http only to a private host).',
  );
});

it.each(mailCases)('%j as MAIL_TO: %s, as MAIL_FROM: %s', (text, isList, isOne) => {
  expect(problemsWith({ MAIL_TO: text }) === '').toBe(isList);
  expect(problemsWith({ MAIL_FROM: text }) === '').toBe(isOne);
});
