import type { ComponentChildren } from 'preact';
import type { HealerStats } from '../../src/healer/healer.ts';
import { duration, plain } from './format.ts';
import { refresh } from './live.ts';
import { Shape, Time } from './parts.tsx';
import { isPaused, set, useSecond, useStore } from './store.ts';
import type { Tone } from './words.ts';

/** A Watchdog comes every few seconds; after this long without one, alerts would not arrive either. */
const watchdogSilentMs = 300_000;

interface Banner {
  key: string;
  tone: Tone;
  title: string;
  text: ComponentChildren;
}

/** What is wrong with the bot itself, or with this page's view of it. */
export function Banners() {
  const { connection, status, problem, gapAt } = useStore();
  const now = useSecond();
  const banners = status ? bannersOf(status, now) : [];
  if (connection.state === 'lost') banners.unshift(lostBanner(connection.since));
  if (problem !== undefined)
    banners.unshift({
      key: 'problem',
      tone: 'bad',
      title: 'A part of this page could not be read',
      text: plain(problem, 300),
    });
  return (
    <section class="banners" aria-label="Warnings">
      {banners.map(({ key, tone, title, text }) => (
        <div key={key} class={`banner ${tone}`}>
          <Shape tone={tone} />
          <p>
            <strong>{title}.</strong> {text}
          </p>
        </div>
      ))}
      {gapAt !== undefined && (
        <div class="banner warn">
          <Shape tone="warn" />
          <p>
            <strong>Some events were missed.</strong> They are too long ago to be sent again, so the lists were read
            again at <Time at={gapAt} />. The incidents' own pages have all of them.
          </p>
          <button type="button" onClick={() => set({ gapAt: undefined })}>
            Close
          </button>
        </div>
      )}
    </section>
  );
}

const lostBanner = (since: number): Banner => ({
  key: 'lost',
  tone: 'bad',
  title: 'The connection to the bot is lost',
  text: (
    <>
      What this page shows is from <Time at={since} />, {duration((Date.now() - since) / 1_000)} ago. It connects again
      as soon as the bot answers.{' '}
      <button type="button" class="link" onClick={refresh}>
        Try now
      </button>
    </>
  ),
});

function bannersOf(status: HealerStats, now: number): Banner[] {
  return [
    pausedBanner(status, now),
    !status.runtimeUp &&
      bad(
        'runtime',
        'The container engine does not answer',
        'The bot sees no containers and can repair nothing. Alerts are still taken and recorded.',
      ),
    !status.log.writable &&
      bad(
        'log',
        'The incident log cannot be written',
        `${plain(status.log.path, 200)}: until it can, alerts are refused with 503 and nothing is repaired. Is the disk full?`,
      ),
    watchdogBanner(status, now),
    (status.injectedFaults ?? []).length > 0 && faultsBanner(status.injectedFaults),
    status.budget.remaining === 0 &&
      bad(
        'budget',
        'The budget is spent',
        `All ${status.budget.limit} actions of this hour are used up. The bot acts again when the oldest of them is an hour old.`,
      ),
    ...(status.sources ?? []).filter(({ up }) => !up).map(({ source, error }) => sourceBanner(source, error)),
    ...status.notifications.filter(({ waiting }) => waiting > 0).map((channel) => messagesBanner(channel)),
    status.runbooks.lastError !== null &&
      warn(
        'runbooks',
        'The changed runbooks were refused',
        `The last good ones stay in force. ${plain(status.runbooks.lastError, 300)}`,
      ),
  ].filter((banner) => banner !== false);
}

const bad = (key: string, title: string, text: ComponentChildren): Banner => ({ key, tone: 'bad', title, text });
const warn = (key: string, title: string, text: ComponentChildren): Banner => ({ key, tone: 'warn', title, text });

/** So that nobody hunts a fault that somebody injected. */
function faultsBanner(faults: HealerStats['injectedFaults']): Banner {
  const named = faults.map(({ fault, service, instance }) => `${fault} in ${service} (${instance})`);
  return warn(
    'faults',
    faults.length === 1 ? 'A fault is switched on' : 'Faults are switched on',
    `${plain(named.join(', '), 400)}. Somebody injected this on purpose; a restart of the service ends it.`,
  );
}

function pausedBanner({ paused }: HealerStats, now: number): Banner | false {
  if (!paused || !isPaused(paused)) return false;
  const until = Date.parse(paused.until);
  return warn(
    'paused',
    'The bot is paused',
    <>
      Until <Time at={until} />, for another {duration((until - now) / 1_000)}
      {paused.reason ? <>: “{plain(paused.reason, 200)}”</> : ''}
      {paused.by ? <>, by {plain(paused.by, 100)}</> : ''}. Alerts are taken and recorded, and nothing is touched.
    </>,
  );
}

function watchdogBanner({ lastWatchdogAt }: HealerStats, now: number): Banner | false {
  if (lastWatchdogAt === null || now - lastWatchdogAt < watchdogSilentMs) return false;
  return bad(
    'watchdog',
    'The Watchdog is silent',
    <>
      Its alert last came at <Time at={lastWatchdogAt} />. As long as it does not come, other alerts may not arrive
      either: look at Prometheus and Alertmanager.
    </>,
  );
}

type Source = HealerStats['sources'][number]['source'];

const sourceTexts: Readonly<Record<Source, { title: string; means: string }>> = {
  prometheus: {
    title: 'Prometheus does not answer',
    means: 'Whether a repair helped cannot be proven meanwhile.',
  },
  alertmanager: {
    title: 'Alertmanager does not answer',
    means: 'Whether an alert is silenced is not known meanwhile.',
  },
  engine: {
    title: 'The events of the container engine are not heard',
    means: 'An unhealthy container is noticed later, or not at all, meanwhile.',
  },
};

function sourceBanner(source: Source, error: string | undefined): Banner {
  const { title, means } = sourceTexts[source];
  return bad(source, title, `${means} ${error ? plain(error, 200) : ''}`);
}

const messagesBanner = ({ channel, waiting, oldestAt, lastError }: HealerStats['notifications'][number]): Banner =>
  warn(
    `messages-${channel}`,
    `${waiting} ${waiting === 1 ? 'message waits' : 'messages wait'} for ${channel}`,
    <>
      {oldestAt && (
        <>
          The oldest since <Time at={oldestAt} />.{' '}
        </>
      )}
      {lastError ? plain(lastError, 200) : ''}
    </>,
  );
