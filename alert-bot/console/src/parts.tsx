import type { ComponentChildren } from 'preact';
import type { IncidentSummary } from '../../src/healer/healer.ts';
import { clockTime, duration, plain, shortDuration, utc } from './format.ts';
import { botNow } from './store.ts';
import { type Part, partsOf, totalOf } from './timing.ts';
import type { Sign, Tone } from './words.ts';

const shapes: Readonly<Record<Tone, string>> = {
  good: 'M3 8.5l3.2 3.2L13 5',
  bad: 'M4 4l8 8M12 4l-8 8',
  warn: 'M8 2.5L14 13H2zM8 6.5v3M8 11.2v.3',
  busy: 'M8 2.5a5.5 5.5 0 1 0 5.5 5.5M8 5v3l2 1.5',
  quiet: 'M4 8h8',
};

/** A shape of its own for each tone: nobody needs the colour. */
export const Shape = ({ tone }: { tone: Tone }) => (
  <svg class={`shape ${tone}`} viewBox="0 0 16 16" aria-hidden="true">
    <path d={shapes[tone]} />
  </svg>
);

export const Badge = ({ sign: { word, tone } }: { sign: Sign }) => (
  <span class={`badge ${tone}`}>
    <Shape tone={tone} />
    {word}
  </span>
);

/** Text that others wrote: never markup, and its direction stays its own. */
export const Foreign = ({ text, max = 300 }: { text: string; max?: number }) => (
  <bdi class="foreign">{plain(text, max)}</bdi>
);

export function Time({ at }: { at: string | number }) {
  const time = typeof at === 'number' ? at : Date.parse(at);
  return (
    <time dateTime={new Date(time).toISOString()} title={utc(time)}>
      {clockTime(time)}
    </time>
  );
}

export function Ago({ at, now }: { at: string; now: number }) {
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={utc(time)}>
      {shortDuration((now - time) / 1_000)} ago
    </time>
  );
}

const partWords = { detect: 'detect', act: 'act', verify: 'verify' };
/** `detect 21 seconds, act 3 seconds`. */
export const partsLine = (parts: readonly Part[]) =>
  parts
    .map(({ name, seconds, running }) => `${partWords[name]} ${duration(seconds)}${running ? ' so far' : ''}`)
    .join(', ');

/** Detect, act and verify to scale; `longest` is the time that a full bar stands for. */
export function TimingBar({ incident, longest }: { incident: IncidentSummary; longest: number }) {
  const parts = partsOf(incident, botNow());
  let from = 0;
  const boxes = parts.map(({ name, seconds }) => {
    const width = Math.max(0.8, (seconds / Math.max(longest, 1)) * 100);
    const box = { name, from, width: Math.min(width, 100 - from) };
    from += width;
    return box;
  });
  return (
    <svg class="timing" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={partsLine(parts)}>
      <title>{partsLine(parts)}</title>
      {boxes.map((box) => (
        <rect
          key={box.name}
          class={box.name}
          x={box.from}
          y={box.name === 'detect' ? 2.5 : box.name === 'act' ? 0 : 1.2}
          width={Math.max(0, box.width - 0.3)}
          height={box.name === 'detect' ? 3 : box.name === 'act' ? 8 : 5.6}
        />
      ))}
    </svg>
  );
}

/** The same with its words below. */
export function TimingWords({ incident }: { incident: IncidentSummary }) {
  const parts = partsOf(incident, botNow());
  const total = totalOf(parts);
  return (
    <div class="timing-words">
      <TimingBar incident={incident} longest={total} />
      <ul>
        {parts.map(({ name, seconds, running }) => (
          <li key={name}>
            <span class={`key ${name}`} aria-hidden="true" />
            {partWords[name]} <strong>{duration(seconds)}</strong>
            {running ? ' so far' : ''}
          </li>
        ))}
        <li>
          together <strong>{duration(total)}</strong>
        </li>
      </ul>
    </div>
  );
}

export const longestOf = (incidents: readonly IncidentSummary[]): number =>
  Math.max(1, ...incidents.map((incident) => totalOf(partsOf(incident, botNow()))));

/** An address on another origin is only ever followed by a person, and is a web address and nothing else. */
export const Away = ({ href, children }: { href: string | undefined; children: ComponentChildren }) =>
  href === undefined || !/^https?:\/\//i.test(href) ? null : (
    <a class="away" href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );

export const Field = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div class="answer">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const goodHealth = new Set(['healthy', 'none']);

/** `running, healthy` with its shape. */
export function StateWord({ state, health }: { state: string; health: string }) {
  const isUp = state === 'running' && goodHealth.has(health);
  const tone: Tone = isUp ? 'good' : state === 'running' && health === 'starting' ? 'busy' : 'bad';
  return (
    <span class={`state ${tone}`}>
      <Shape tone={tone} />
      {plain(health === 'none' || health === '' || state !== 'running' ? state : `${state}, ${health}`, 60)}
    </span>
  );
}
