import type { Progress, RunbookView } from '../../src/healer/views.ts';
import { duration, plain, shortDuration } from './format.ts';
import type { FullIncident } from './incident-view.tsx';
import { partsOf } from './timing.ts';
import { describeEvent } from './words.ts';

/** Text of others inside Markdown: nothing of it may become a heading, a link or markup. */
const inline = (text: string, max = 500): string =>
  plain(text, max)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>()#+!|~&-]/g, '\\$&');
const fence = (text: string): string => `\`\`\`text\n${plain(text, 20_000).replaceAll('```', "'''")}\n\`\`\``;
const iso = (at: string | number): string => new Date(at).toISOString();

/** The incident for a post-mortem: what happened, with times in UTC, evidence and the runbook. */
export function toMarkdown(
  incident: FullIncident,
  progress: readonly Progress[],
  runbook: RunbookView | undefined,
): string {
  const { alertname, target, startsAt, resolvedAt, outcome, attempts, id } = incident;
  const parts = partsOf(incident, Date.parse(incident.updatedAt)).map(
    ({ name, seconds }) => `${name} ${duration(seconds)}`,
  );
  return [
    `# ${inline(alertname || 'Incident')}${target ? ` on ${inline(target)}` : ''}`,
    '',
    ...(incident.title ? [inline(incident.title), ''] : []),
    `- Incident: ${inline(id)}`,
    `- Began: ${iso(startsAt)}`,
    `- Over: ${resolvedAt === null ? 'not yet' : `${iso(resolvedAt)}, after ${duration((Date.parse(resolvedAt) - Date.parse(startsAt)) / 1_000)}`}`,
    `- Outcome: ${outcome ?? 'nothing was done'}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`,
    `- Times: ${parts.join(', ')}`,
    `- Labels: ${Object.entries(incident.labels)
      .map(([name, value]) => `${inline(name, 100)}=${inline(value, 200)}`)
      .join(', ')}`,
    '',
    '## Timeline (UTC)',
    '',
    '| Time | After | What happened |',
    '|---|---|---|',
    `| ${iso(startsAt)} | 0 s | The alert began |`,
    ...incident.timeline.flatMap((event) => {
      const words = describeEvent(event);
      const after = shortDuration((Date.parse(event.at) - Date.parse(startsAt)) / 1_000);
      return words
        ? [`| ${iso(event.at)} | ${after} | ${inline([words.title, words.detail].filter(Boolean).join(': '))} |`]
        : [];
    }),
    ...(progress.length > 0
      ? ['', '## Steps and looks', '', ...progress.map(({ at, kind, text }) => `- ${iso(at)} ${kind}: ${inline(text)}`)]
      : []),
    ...evidenceOf(incident),
    ...(runbook ? ['', '## Runbook', '', fence(runbook.source).replace('text', 'yaml')] : []),
    '',
  ].join('\n');
}

function evidenceOf({ timeline }: FullIncident): string[] {
  const kept = timeline.filter((event) => event.type === 'evidence');
  return kept.flatMap(({ evidence, attempt }) => {
    const { replicas = [] } = (evidence ?? {}) as {
      replicas?: { name: string; state: string; health: string; logLines?: string[] }[];
    };
    return replicas.flatMap(({ name, state, health, logLines = [] }) => [
      '',
      `## Before attempt ${attempt}: ${inline(name, 100)} (${inline(state, 30)}, ${inline(health, 30)})`,
      '',
      fence(logLines.join('\n')),
    ]);
  });
}
