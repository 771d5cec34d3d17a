import { describe, expect, it } from 'vitest';
import { createHostCheck } from '../src/allowed-hosts.ts';
import { ConfigError, hostNames, loadConfig } from '../src/config.ts';

describe('a host', () => {
  it.each([
    ['bot.example.org', true],
    ['BOT.example.org:443', true],
    ['bot.example.org.', true],
    ['a.internal.example.org', true],
    ['a.b.internal.example.org', true],
    ['internal.example.org', false],
    ['bot.example.org.evil.example', false],
    ['evilbot.example.org', false],
    ['evil-internal.example.org', false],
  ])('%s is answered when it is listed, itself or by what it is below: %s', (host, isAllowed) => {
    expect(createHostCheck(['Bot.example.org', '*.internal.example.org'])(host)).toBe(isAllowed);
  });

  it('with * every name is answered, and nothing that is no name', () => {
    const check = createHostCheck(['*']);
    expect([check('evil.example'), check('a b'), check('')]).toEqual([true, false, false]);
  });

  it('is looked up again after a thousand others', () => {
    const check = createHostCheck();
    for (let i = 0; i < 1_000; i++) expect(check(`evil-${i}.example`)).toBe(false);
    expect([check('localhost'), check('evil.example'), check(undefined)]).toEqual([true, false, true]);
  });
});

describe('ALLOWED_HOSTS', () => {
  const load = (value?: string) => loadConfig({ ALLOWED_HOSTS: hostNames() }, { ALLOWED_HOSTS: value }).ALLOWED_HOSTS;
  it('is a list of names', () => {
    expect(load('a.example.org, *.b.example,c')).toEqual(['a.example.org', '*.b.example', 'c']);
    expect([load(), load(''), load('*')]).toEqual([[], [], ['*']]);
  });
  it.each(['http://a.example', 'a.example:8000', 'a/b', '*a.example', 'a.*.example', '-'])('%s is refused', (value) => {
    expect(() => load(value)).toThrow(ConfigError);
  });
});
