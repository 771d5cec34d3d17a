import type { IncidentSummary, Notification, Notifier } from '../healer/healer.ts';
import type { Message } from './channel.ts';
import type { Messenger } from './messenger.ts';
import { plainLine, plainText } from './plain-text.ts';

/** Longer than any mail program shows at once; the whole evidence is in the incident log. */
const maxEvidenceLength = 6_000;

const headlines: Record<Notification['kind'], (service: string) => string> = {
  healed: (service) => `${service} was healed`,
  ineffective: (service) => `the repair of ${service} did not help`,
  failed: (service) => `the repair of ${service} failed`,
  unknown: (service) => `the repair of ${service} could not be checked`,
  scaled_back: (service) => `${service} was scaled back`,
};

/** Turns the core's notifications into messages that a person at 3 a.m. can use. */
export function createNotifier(messenger: Pick<Messenger, 'send'>): Notifier {
  return { notify: (notification) => messenger.send(describe(notification)) };
}

/** Subject: who and what. Body: the sentence, then facts one to a line, then the evidence from before the action. */
export function describe({ kind, incident, text, evidence }: Notification): Message {
  const service = incident.service ?? incident.alertname;
  const facts = factsOf(incident).map(([name, value]) => `${name}: ${plainLine(value, 300)}`);
  const before = evidence === undefined ? [] : ['', 'Before the action:', renderEvidence(evidence)];
  return {
    subject: plainLine(`[${incident.alertname}] ${headlines[kind](service)}`, 200),
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
