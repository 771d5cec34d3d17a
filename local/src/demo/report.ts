import { escapeHtml } from './escape-html.ts';
import { type Plot, renderPlot } from './plot.ts';
import { reportStyle } from './report-style.ts';
import type { DemoResult } from './run-demo.ts';
import type { StoryResult } from './telling.ts';

/** A page that needs nothing else: the plots with every story's moments, the time to heal of each, and what was done when. */
export function renderReport(result: DemoResult): string {
  const { stack, startedAt, endedAt, healed, stories } = result;
  const where = stack.kind === 'compose' ? 'Docker Compose' : 'local processes';
  const timing = stack.fast ? 'shortened timings (seconds instead of minutes)' : 'the shipped timings';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Self-healing, as it happened</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<header>
<p class="verdict ${healed ? 'good' : 'bad'}">${healed ? 'Everything healed' : 'Not everything healed'}</p>
<h1>Self-healing, as it happened</h1>
<p>${escapeHtml(new Date(startedAt).toUTCString())}, ${Math.round((endedAt - startedAt) / 1_000)} s, on ${where} with ${timing}. ${requestsText(result)}</p>
</header>
<section class="cards">${stories.map(renderCard).join('')}</section>
<section>
<h2>What the clients and Prometheus saw</h2>
${plotsOf(result).map(renderPlot).join('\n')}
<p class="legend"><span class="swatch broken"></span> from the fault to the proof that it is gone &nbsp; ${'│'} the moments of the lists below</p>
</section>
${stories.map(renderStory).join('\n')}
</main>
</body>
</html>
`;
}

function requestsText({ requests }: DemoResult): string {
  const total = Object.values(requests).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(requests).map(
    ([status, count]) => `${count} × ${status === 'none' ? 'no answer' : status}`,
  );
  return `${total} requests: ${escapeHtml(parts.join(', '))}.`;
}

function plotsOf({ samples, stories }: DemoResult): Plot[] {
  const spans = stories.map(({ injectedAt, times, endedAt, title }) => ({
    from: injectedAt,
    to: times ? injectedAt + times.total * 1_000 : endedAt,
    title,
  }));
  const moments = stories.flatMap(({ steps }) => steps.map(({ at, text }) => ({ at, text })));
  const common = { spans, moments };
  return [
    {
      ...common,
      title: 'p95 latency of the requests, ms',
      limit: { value: 200, text: '200 ms' },
      points: samples.map(({ at, p95 }) => ({ at, value: p95 })),
      colour: 'var(--latency)',
    },
    {
      ...common,
      title: 'pending transactions',
      limit: { value: 500, text: '500' },
      points: samples.map(({ at, backlog }) => ({ at, value: backlog })),
      colour: 'var(--backlog)',
    },
    {
      ...common,
      title: 'worker replicas',
      step: true,
      points: samples.map(({ at, workers }) => ({ at, value: workers })),
      colour: 'var(--workers)',
    },
  ];
}

function renderCard({ title, healed, times, incident, problem }: StoryResult): string {
  const done = problem ?? (incident ? `${incident.alertname} → ${incident.action}` : 'started again at once');
  return `<article class="card">
<h3>${escapeHtml(title)}</h3>
<p class="number ${healed ? 'good' : 'bad'}">${times ? `${times.total.toFixed(1)} s` : 'not healed'}</p>
${times ? phaseBar(times) : ''}
<p>${escapeHtml(done)}</p>
</article>`;
}

function phaseBar(times: NonNullable<StoryResult['times']>): string {
  const parts = (['detect', 'act', 'verify'] as const).map((name) => ({ name, seconds: Math.max(0, times[name]) }));
  const bar = parts.map(({ name, seconds }) => `<i class="${name}" style="flex:${seconds.toFixed(3)}"></i>`).join('');
  const legend = parts
    .map(({ name, seconds }) => `<span class="${name}">${name} ${seconds.toFixed(1)} s</span>`)
    .join(' ');
  return `<div class="bar">${bar}</div><p class="phases">${legend}</p>`;
}

function renderStory({ title, injectedAt, steps }: StoryResult): string {
  const rows = [...steps]
    .sort((a, b) => a.at - b.at)
    .map(
      ({ at, phase, text }) =>
        `<tr class="${phase}"><td>${((at - injectedAt) / 1_000).toFixed(1)} s</td><td><b></b></td><td>${escapeHtml(text)}</td></tr>`,
    );
  return `<section><h2>${escapeHtml(title)}</h2><table class="timeline">${rows.join('')}</table></section>`;
}
