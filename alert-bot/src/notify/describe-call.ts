import type { IncidentSummary } from '../healer/healer.ts';
import type { OutboxEntry } from '../incidents/outbox.ts';
import type { Message } from './channel.ts';
import { factsOf } from './notifier.ts';
import { plainLine } from './plain-text.ts';
import { reasonTexts } from './reason-texts.ts';

/** So many, each at its longest, that no channel cuts the message: what is cut off would count as told. */
export const mostInOneMessage = 20;

/** Later than this the message says when it should have come. */
const lateMs = 60_000;

export interface CallContext {
  /** As it is now; undefined when the bot has forgotten it. */
  incident: (id: string) => IncidentSummary | undefined;
  /** Where a person reaches the bot. */
  botUrl: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** What a person must hear, as a message: one for a single entry, a list for many. */
export function describeCalls(entries: readonly OutboxEntry[], context: CallContext): Message {
  const [only] = entries;
  return entries.length === 1 && only ? describeOne(only, context) : describeMany(entries, context);
}

function describeOne(entry: OutboxEntry, context: CallContext): Message {
  const incident = context.incident(entry.incident);
  const facts = incident ? factsOf(incident) : [['Incident', entry.incident] as const];
  return {
    subject: plainLine(`[${incident?.alertname ?? entry.incident}] ${headlineOf(entry)}`, 200),
    body: [
      sentenceOf(entry),
      ...whyOf(entry),
      ...latenessOf(entry, incident, context),
      ['', 'What to do:', ...nextSteps(entry, incident, context), ''],
      facts.map(([name, value]) => `${name}: ${plainLine(value, 300)}`),
    ]
      .flat()
      .join('\n'),
    id: `${entry.incident}.${entry.seq}.${entry.at}`,
  };
}

/** Twenty of these must fit into one message: what is longer than any address of ours is named without one. */
const maxAddressLength = 160;

function whereOf(incident: string, botUrl: string): string {
  const address = `${botUrl}/ui/incidents/${inUrl(incident)}`;
  return address.length <= maxAddressLength ? address : `(incident ${plainLine(incident, 60)})`;
}

function describeMany(entries: readonly OutboxEntry[], context: CallContext): Message {
  const lines = entries.map((entry) => {
    const at = new Date(entry.at).toISOString();
    return `- ${at} ${plainLine(sentenceOf(entry), 160)} ${whereOf(entry.incident, context.botUrl)}`;
  });
  const [first, last] = [entries[0], entries.at(-1)] as [OutboxEntry, OutboxEntry];
  return {
    subject: `${entries.length} incidents need a person`,
    body: [
      'These messages could not be delivered one by one, oldest first:',
      '',
      ...lines,
      '',
      'What to do:',
      `- See each with its history: ${context.botUrl}/ui/incidents`,
      '- Look for one cause before you look at each service.',
    ].join('\n'),
    id: `${first.incident}.${first.seq}-${last.seq}.${first.at}`,
  };
}

const targetOf = ({ target }: OutboxEntry) => plainLine(target ?? 'a service', 100);

const headlineOf = (entry: OutboxEntry): string =>
  entry.kind === 'escalated'
    ? `${targetOf(entry)} needs a person`
    : `a repair of ${targetOf(entry)} waits for approval`;

function sentenceOf(entry: OutboxEntry): string {
  if (entry.kind === 'escalated') return plainLine(entry.text ?? headlineOf(entry), 600);
  const { action } = entry;
  if (!action) return `${headlineOf(entry)}.`;
  const wanted =
    action.type === 'restart'
      ? `restart ${targetOf(entry)}`
      : `scale ${targetOf(entry)} from ${action.from} to ${action.to}`;
  return `The runbook ${plainLine(entry.runbook ?? 'of this alert', 100)} wants to ${wanted}; it waits for your approval.`;
}

const whyOf = ({ reason }: OutboxEntry): string[] =>
  reason === undefined ? [] : [`Why it does nothing: ${reasonTexts[reason] ?? reason}.`];

/** A message that comes late must not send anyone after what is over. */
function latenessOf({ at, kind }: OutboxEntry, incident: IncidentSummary | undefined, { now }: CallContext): string[] {
  const late =
    Math.abs(now - at) > lateMs
      ? [`This happened at ${new Date(at).toISOString()}; the message could not be delivered before.`]
      : [];
  if (incident?.phase === 'closed')
    return [...late, `The incident is closed by now (${reasonTexts[incident.reason] ?? incident.reason}).`];
  const answered = kind === 'approval_needed' && incident !== undefined && incident.phase !== 'awaiting_approval';
  return answered ? [...late, 'It waits for approval no longer.'] : late;
}

function nextSteps(entry: OutboxEntry, incident: IncidentSummary | undefined, { botUrl }: CallContext): string[] {
  const incidentUrl = `${botUrl}/incidents/${inUrl(entry.incident)}`;
  const runbook = incident?.alertname
    ? [`- What this alert means: ${botUrl}/runbooks#${inUrl(incident.alertname.toLowerCase())}`]
    : [];
  const see = `- What the bot saw and did: ${botUrl}/ui/incidents/${inUrl(entry.incident)}`;
  if (entry.kind === 'approval_needed')
    return [
      `- Approve: curl -XPOST ${incidentUrl}/approve`,
      `- Or reject: curl -XPOST ${incidentUrl}/reject`,
      see,
      ...runbook,
      tokenNote,
    ];
  if (entry.why !== 'quarantined') return [see, ...runbook];
  const release = `- When it is repaired, hand it back: curl -XPOST ${botUrl}/targets/${inUrl(entry.target ?? '')}/release`;
  return [see, ...runbook, release, tokenNote];
}

const tokenNote = '  (with ALERT_BOT_TOKEN set, add -H "authorization: Bearer <token>")';

/** Safe in an address and, unquoted, in a shell. */
const inUrl = (text: string): string =>
  encodeURIComponent(text.slice(0, 200).replaceAll(/\p{Cs}/gu, '')).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
