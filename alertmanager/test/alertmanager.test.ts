import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@stack/test-kit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTools } from '../../prometheus/src/find-tools.ts';
import { type Alert, alerts } from '../../prometheus/src/rule-files.ts';
import { startMailServer } from './mail-server.ts';
import { type ReceivingServer, startReceivingServer } from './receiving-server.ts';
import { type Alertmanager, type Labels, startAlertmanager } from './start-alertmanager.ts';

const slow: Labels = { alertname: 'APIHighLatency', severity: 'critical', service: 'api' };
const backlog: Labels = { alertname: 'WorkerBacklogHigh', severity: 'warning', service: 'worker' };
const watchdog: Labels = { alertname: 'Watchdog', severity: 'none', service: 'alert-bot' };

let stops: (() => Promise<void>)[] = [];
let bot: ReceivingServer;
let slack: ReceivingServer;

beforeEach(async () => {
  [bot, slack] = await Promise.all([startReceivingServer(), startReceivingServer()]);
  stops = [bot.stop, slack.stop];
});

afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
});

async function start(path: string, variables: Record<string, string> = {}): Promise<Alertmanager> {
  const alertmanager = await startAlertmanager(path, { ALERT_BOT_URL: `${bot.url}/alert`, ...variables });
  stops.push(alertmanager.stop);
  return alertmanager;
}

const fromBot = (alertname: string) =>
  bot.received.filter(({ body }) => body.groupLabels.alertname === alertname).map(({ body }) => body);

describe.each(findTools('alertmanager'))('%s', (path) => {
  it('tells the bot within two seconds, with its token, and again at each tick while it fires', async () => {
    const alertmanager = await start(path, { ALERT_BOT_TOKEN: 'a "token"' });
    const sentAt = performance.now();
    await alertmanager.send([slow]);
    await eventually(() => fromBot('APIHighLatency').length >= 1, { timeoutMs: 10_000 });
    expect(performance.now() - sentAt).toBeLessThan(5_000);
    expect(bot.received[0]).toMatchObject({ path: '/alert', headers: { authorization: 'Bearer a "token"' } });
    expect(fromBot('APIHighLatency')[0]).toMatchObject({ status: 'firing', receiver: 'alert-bot' });
    await eventually(() => fromBot('APIHighLatency').length >= 2, { timeoutMs: 13_000 });
    await alertmanager.send([slow], 'resolved');
    await eventually(() => fromBot('APIHighLatency').at(-1).status === 'resolved', { timeoutMs: 13_000 });
  });

  it('tells the bot of the Watchdog at once, and without a token sends none', async () => {
    const alertmanager = await start(path);
    await alertmanager.send([watchdog]);
    await eventually(() => fromBot('Watchdog').length === 1);
    expect(bot.received[0]?.headers.authorization).toBeUndefined();
    expect(fromBot('Watchdog')[0]).toMatchObject({ receiver: 'alert-bot-watchdog', status: 'firing' });
  });

  it('writes to Slack what, since when, how bad, and where to look', async () => {
    const alertmanager = await start(path, { SLACK_WEBHOOK_URL: `${slack.url}/hook` });
    await alertmanager.send([slow, watchdog]);
    await eventually(() => slack.received.length > 0, { timeoutMs: 10_000 });
    expect(slack.received).toHaveLength(1);
    const [message] = slack.received[0]!.body.attachments;
    expect(message).toMatchObject({
      title: '[CRITICAL] APIHighLatency · api',
      title_link: 'http://localhost:3000/d/api',
      color: 'danger',
    });
    expect(message.text).toContain('took up to 412ms; the limit is 200 ms.');
    expect(message.text).toMatch(/Since \d\d:\d\d:\d\d UTC, \d+ \w+/);
    expect(message.text).toContain('<http://localhost:5001/runbooks#apihighlatency|What to do>');
    expect(message.text).toContain(
      '<http://localhost:9093/#/silences/new?filter=%7Balertname%3D%22APIHighLatency%22%2Cservice%3D%22api%22%7D|Silence>',
    );
  });
});

it.skipIf(findTools('alertmanager').length === 0)('mails the same, to a relay that needs no login', async () => {
  const relay = await startMailServer();
  stops.push(relay.stop);
  const SMTP_URL = `smtp://127.0.0.1:${relay.port}`;
  const alertmanager = await start(findTools('alertmanager')[0]!, { SMTP_URL, MAIL_TO: 'ops@example.org' });
  await alertmanager.send([slow]);
  await eventually(() => relay.mails.length > 0, { timeoutMs: 10_000 });
  const [mail = ''] = relay.mails;
  expect(mail).toMatch(/^To: .*ops@example.org/m);
  expect(mail).toMatch(/^From: .*alertmanager@127.0.0.1/m);
  expect(mail).toMatch(/^Subject: .*CRITICAL.*APIHighLatency/m);
  const text = mail.replaceAll('=\n', '').replaceAll('=3D', '=');
  expect(text).toContain('took up to 412ms; the limit is 200 ms.');
  expect(text).toContain('What to do: http://localhost:5001/runbooks#apihighlatency');
});

const [newest] = findTools('alertmanager');

interface InhibitionCase {
  title: string;
  source: Labels;
  silenced: string[];
  /** Alerts that must stay audible next to the source; nothing else is sent. */
  audible: string[];
}

const all = new Map(alerts().map((alert) => [alert.alert, alert]));
const labelsOf = (name: string): Labels => {
  const { labels } = all.get(name) as Alert;
  return { service: 'api', ...labels, alertname: name };
};

const inhibitions: InhibitionCase[] = [
  {
    title: 'DatabaseDown silences what follows from it, and nothing that is a fault of its own',
    source: labelsOf('DatabaseDown'),
    silenced: [
      'APIHighLatency',
      'APIErrorRateHigh',
      'APIUnhealthy',
      'APIAvailabilityBudgetBurnFast',
      'APILatencyBudgetBurnMedium',
      'APIAvailabilityBudgetBurnSlow',
      'WorkerStalled',
      'WorkerBacklogHigh',
      'ContainerUnhealthy', // of the API, which labelsOf makes the service of alerts that name none
    ],
    audible: ['APIDown', 'HostDiskFilling', 'AlertBotDown', 'Watchdog'],
  },
  {
    title: 'DatabaseSlow silences what waits for it, and nothing that is a fault of its own',
    source: labelsOf('DatabaseSlow'),
    silenced: ['APIHighLatency', 'APIErrorRateHigh', 'APIUnhealthy', 'APILatencyBudgetBurnFast', 'WorkerBacklogHigh'],
    audible: ['APIDown', 'DatabaseConnectionsHigh', 'WorkerDown', 'HostHighCPU'],
  },
  {
    title: 'a service that dies again and again is not repaired, and no other is silenced',
    source: { ...labelsOf('ServiceCrashLooping'), service: 'api' },
    silenced: ['APIDown', 'APIHighLatency', 'APIErrorRateHigh', 'APIUnhealthy', 'ContainerUnhealthy'],
    audible: ['WorkerDown', 'WorkerBacklogHigh', 'HostHighCPU', 'AlertBotEscalated'],
  },
  {
    title: 'APIDown silences the other faces of a dead API',
    source: labelsOf('APIDown'),
    silenced: ['APIHighLatency', 'APIErrorRateHigh', 'APIUnhealthy', 'APIAvailabilityBudgetBurnSlow'],
    audible: ['APIAvailabilityBudgetBurnFast', 'WorkerStalled', 'WorkerBacklogHigh'],
  },
  {
    title: 'a stalled replica does not keep the workers from being scaled out',
    source: labelsOf('WorkerStalled'),
    silenced: [],
    audible: ['WorkerBacklogHigh'],
  },
  {
    title: 'critical silences warning of the same service only',
    source: labelsOf('APIHighLatency'),
    silenced: ['APILatencyBudgetBurnSlow'],
    audible: ['HostHighCPU', 'WorkerBacklogHigh', 'APIErrorRateHigh'],
  },
];

describe.skipIf(newest === undefined)('inhibition', () => {
  it.each(inhibitions)('$title', async ({ source, silenced, audible }) => {
    const alertmanager = await start(newest!);
    await alertmanager.send([source, ...[...silenced, ...audible].map(labelsOf)]);
    await eventually(async () => expect((await alertmanager.inhibited()).sort()).toEqual([...silenced].sort()));
  });

  it('does not take two missing services for the same one', async () => {
    const alertmanager = await start(newest!);
    await alertmanager.send([
      { alertname: 'A', severity: 'critical' },
      { alertname: 'B', severity: 'warning' },
      slow,
      { alertname: 'C', severity: 'warning', service: 'api' },
    ]);
    await eventually(async () => expect(await alertmanager.inhibited()).toEqual(['C']));
  });

  it('leaves every alert that the bot repairs to the bot, whatever critical alert fires for its service', async () => {
    const runbooks = readFileSync(join(import.meta.dirname, '../../alert-bot/runbooks.yml'), 'utf8');
    const repaired = [...runbooks.matchAll(/alertname: (\w+)/g)].map((match) => match[1]!);
    expect(repaired).toContain(backlog['alertname']);
    const alertmanager = await start(newest!);
    const critical = ['api', 'worker'].map((service) => ({ alertname: 'Other', severity: 'critical', service }));
    await alertmanager.send([
      ...critical,
      { alertname: 'X', severity: 'warning', service: 'api' },
      ...repaired.filter((name) => name !== 'APIDown').map(labelsOf),
    ]);
    await eventually(async () => expect(await alertmanager.inhibited()).toEqual(['X']));
  });
});
