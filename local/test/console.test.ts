import { describe, expect, it } from 'vitest';
import { createConsole } from '../src/console.ts';
import { readable } from '../src/log-lines.ts';
import { formatTable, rowState } from '../src/status-table.ts';

const json = (level: string, msg: string, more: object = {}) => JSON.stringify({ level, time: 't', msg, ...more });

function listen({ quiet = false }: { quiet?: boolean } = {}) {
  let written = '';
  let now = 0;
  const out = createConsole({ quiet, write: (text) => (written += text), now: () => new Date(now) });
  return { ...out, wait: (ms: number) => (now += ms), lines: () => written.split('\n').filter(Boolean) };
}

describe('a log line', () => {
  it.each([
    [
      '{"level":"info","time":"t","service":"api","version":"1","msg":"listening","port":1}',
      'info  listening {"port":1}',
    ],
    ['{"level":"error","msg":"stopped"}', 'error stopped'],
    ['{"level":"error","msg":"failed","err":{"type":"E","message":"no","stack":"…"}}', 'error failed {"err":"no"}'],
    ['plain text', 'plain text'],
  ])('%s is shown as %s', (line, shown) => {
    expect(readable(line)).toBe(shown);
  });
});

describe('the combined log', () => {
  it.each<[string, string, boolean, boolean]>([
    ['api', json('info', 'listening'), true, false],
    ['api', json('info', 'request', { status: 200 }), false, false],
    ['api', json('error', 'request', { status: 500 }), false, false],
    ['api', json('warn', 'faults changed'), true, true],
    ['alert-bot', json('warn', 'ALERT_BOT_TOKEN is not set: whoever can connect can …'), false, false],
    ['prometheus', 'time=… level=INFO msg="compact blocks"', false, false],
    ['prometheus', 'time=… level=ERROR msg="cannot write"', true, true],
    ['node-exporter', 'time=… level=ERROR msg="collector failed"', false, false],
    ['db', 'LOG:  checkpoint complete', false, false],
    ['api', '{ not json', false, false],
  ])('%s: %s is shown: %s, with --quiet: %s', (name, line, shown, shownQuietly) => {
    const [calm, quiet] = [listen(), listen({ quiet: true })];
    for (const out of [calm, quiet]) out.part(name, line);
    expect([calm.lines().length > 0, quiet.lines().length > 0]).toEqual([shown, shownQuietly]);
  });

  it('says a warning once in half a minute, however often it comes', () => {
    const out = listen();
    for (let i = 0; i < 50; i += 1) out.part('api', json('error', 'request failed', { reqId: i }));
    expect(out.lines()).toHaveLength(1);
    out.wait(31_000);
    out.part('api', json('error', 'request failed', { reqId: 51 }));
    expect(out.lines()).toHaveLength(2);
  });

  it('is silent about the parts while everything stops', () => {
    const out = listen();
    out.part('api', json('warn', 'lost a database connection'), true);
    expect(out.lines()).toEqual([]);
  });
});

describe('the table of parts', () => {
  it('shows state, address, restarts and what an absence disables', () => {
    const table = formatTable([
      { part: 'api', state: 'healthy', url: 'http://127.0.0.1:8000', restarts: 2 },
      { part: 'grafana', state: 'missing', url: '', restarts: 0, note: 'not installed: no dashboards' },
    ]);
    expect(table.split('\n')).toEqual([
      '  api       healthy   http://127.0.0.1:8000  (restarted 2×)',
      '  grafana   missing   not installed: no dashboards',
    ]);
  });

  it.each([
    ['running', 'none', 'up'],
    ['running', 'unhealthy', 'unhealthy'],
    ['restarting', 'none', 'restarting'],
    ['exited', 'none', 'stopped'],
  ] as const)('calls a process that is %s with health %s: %s', (state, health, word) => {
    expect(rowState(state, health)).toBe(word);
  });
});
