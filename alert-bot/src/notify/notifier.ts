import type { IncidentSummary, Notification, Notifier } from '../healer/healer.ts';
import type { Message } from './channel.ts';
import type { Messenger } from './messenger.ts';
import { plainLine, plainText } from './plain-text.ts';

/** Longer than any mail program shows at once; the whole evidence is in the incident log. */
const maxEvidenceLength = 6_000;

const headlines: Record<Notification['kind'], (target: string) => string> = {
  healed: (target) => `${target} was healed`,
  ineffective: (target) => `the repair of ${target} did not help`,
  failed: (target) => `the repair of ${target} failed`,
  unknown: (target) => `the repair of ${target} could not be checked`,
  scaled_back: (target) => `${target} was scaled back`,
};

/** Turns the core's notifications into messages that a person at 3 a.m. can use. */
export function createNotifier(messenger: Pick<Messenger, 'send'>): Notifier {
  return { notify: (notification) => messenger.send(describe(notification)) };
}

/** Subject: who and what. Body: the sentence, then facts one to a line, then the evidence from before the action. */
export function describe({ kind, incident, text, evidence }: Notification): Message {
  const target = incident.target ?? incident.alertname;
  const facts = factsOf(incident).map(([name, value]) => `${name}: ${plainLine(value, 300)}`);
  const before = evidence === undefined ? [] : ['', 'Before the action:', renderEvidence(evidence)];
  return {
    subject: plainLine(`[${incident.alertname}] ${headlines[kind](target)}`, 200),
    body: [plainLine(text, 600), '', ...facts, ...before].join('\n'),
  };
}

/** What a person wants to know of an incident, whatever the message is about. */
export function factsOf(incident: IncidentSummary): [string, string][] {
  const facts: [string, string | null][] = [
    ['Incident', incident.id],
    ['Alert', `${incident.alertname} (${incident.labels['severity'] ?? 'no severity'}), ${incident.status}`],
    ['Firing since', incident.startsAt],
    ['Attempts', String(incident.attempts)],
    ['Outcome', incident.outcome],
    ['Next look', incident.until],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

function renderEvidence(evidence: unknown): string {
  const rendered = typeof evidence === 'string' ? evidence : (JSON.stringify(evidence, null, 2) ?? '');
  return plainText(rendered, maxEvidenceLength);
}
