import { describe, expect, it } from 'vitest';
import { loadAgentConfig, loadAlertBotConfig } from '../src/config.ts';

describe.each([
  ['the bot', loadAlertBotConfig],
  ['its agent', loadAgentConfig],
])('%s', (_, load) => {
  it('acts in its own project, by its own label, when nothing else is said', () => {
    expect(load({})).toMatchObject({ PROJECTS: [], OPT_IN_LABEL: 'self-healing.enable' });
    expect(load({ PROJECTS: '', OPT_IN_LABEL: '' })).toMatchObject({
      PROJECTS: [],
      OPT_IN_LABEL: 'self-healing.enable',
    });
  });

  it('takes other projects and another label', () => {
    expect(load({ PROJECTS: 'shop, -', OPT_IN_LABEL: 'autoheal' })).toMatchObject({
      PROJECTS: ['shop', '-'],
      OPT_IN_LABEL: 'autoheal',
    });
  });

  it.each([
    [{ OPT_IN_LABEL: 'all' }, 'there is no "all"'],
    [{ OPT_IN_LABEL: 'autoheal=true' }, 'must be the name of a label'],
    [{ PROJECTS: 'shop/web' }, 'PROJECTS: must be names of compose projects'],
    [{ COMPOSE_PROJECT: 'shop/web' }, 'COMPOSE_PROJECT: must be the name of a compose project'],
  ])('refuses %j and says why', (env, message) => {
    expect(() => load(env)).toThrow(message);
  });
});
