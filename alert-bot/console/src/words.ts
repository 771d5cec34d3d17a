import type { IncidentSummary } from '../../src/healer/healer.ts';
import type { IncidentEvent, PlannedAction } from '../../src/incidents/event.ts';
import type { Outcome } from '../../src/incidents/outcome.ts';
import { reasonTexts } from '../../src/notify/reason-texts.ts';
import { clockTime, duration, plain } from './format.ts';

/** What a sign is like: its colour, and its shape for those who do not see the colour. */
export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'quiet';

export interface Sign {
  word: string;
  tone: Tone;
}

const outcomeSigns: Readonly<Record<Outcome, Sign>> = {
  healed: { word: 'healed', tone: 'good' },
  ineffective: { word: 'ineffective', tone: 'bad' },
  failed: { word: 'failed', tone: 'bad' },
  unknown: { word: 'unknown', tone: 'warn' },
  relapsed: { word: 'relapsed', tone: 'bad' },
};

export const outcomeSign = (outcome: Outcome): Sign => outcomeSigns[outcome] ?? { word: outcome, tone: 'quiet' };

const phaseSigns: Readonly<Record<IncidentSummary['phase'], Sign>> = {
  waiting: { word: 'waiting', tone: 'warn' },
  awaiting_approval: { word: 'awaiting approval', tone: 'warn' },
  queued: { word: 'queued', tone: 'busy' },
  acting: { word: 'acting', tone: 'busy' },
  verifying: { word: 'verifying', tone: 'busy' },
  closed: { word: 'closed', tone: 'quiet' },
};

export const phaseSign = (phase: IncidentSummary['phase']): Sign => phaseSigns[phase] ?? { word: phase, tone: 'quiet' };

/** How an incident stands, in one sign: its phase while it is open, then what came of it. */
export function standingOf({ phase, outcome, reason, status }: IncidentSummary): Sign {
  if (phase !== 'closed') return phaseSign(phase);
  if (outcome !== null) return outcomeSign(outcome);
  if (reason === 'resolved') return { word: 'over, not acted on', tone: 'quiet' };
  return { word: status === 'firing' ? `not acted on: ${spaced(reason)}` : 'over, not acted on', tone: 'quiet' };
}

export const spaced = (word: string): string => word.replaceAll('_', ' ');

/** Names come from the labels of containers, which anybody may have written. */
const nameOf = ({ target }: { target: string }): string => plain(target, 100);

export const actionText = (action: PlannedAction | null | undefined): string => {
  if (!action) return 'nothing';
  if (action.type === 'scale') return `scale ${nameOf(action)} from ${action.from} to ${action.to} replicas`;
  return action.replica === undefined
    ? `restart ${nameOf(action)}`
    : `restart one replica of ${nameOf(action)} (${plain(action.replica.slice(0, 12))})`;
};

const doing = (action: PlannedAction | null): string =>
  action?.type === 'scale'
    ? `scaling ${nameOf(action)} from ${action.from} to ${action.to} replicas`
    : `restarting ${action ? nameOf(action) : 'it'}`;

/** What the bot does about an open incident at this moment, as a sentence. */
export function activityOf({ phase, reason, action, status }: IncidentSummary): string {
  switch (phase) {
    case 'queued':
      return `Next: ${actionText(action)}. It waits for its turn.`;
    case 'acting':
      return `${capital(doing(action))}.`;
    case 'verifying':
      return `Checking whether ${doing(action)} helped: the target must be healthy and the alert gone.`;
    case 'awaiting_approval':
      return `Wants to ${actionText(action)} and waits for a person.`;
    default:
      if (status === 'resolved') return 'The alert is over; the replicas that were added are removed next.';
      return `Does nothing now: ${reasonTexts[reason] ?? spaced(reason)}.`;
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What happens next without anybody doing anything. */
export function nextOf(incident: IncidentSummary, now: number): string {
  const { phase, until, status, reason } = incident;
  const left = until === null ? undefined : Math.max(0, (Date.parse(until) - now) / 1_000);
  if (phase === 'closed')
    return status === 'resolved'
      ? 'Nothing: the alert is over. If it fires again, that is a new incident.'
      : `Nothing: ${reasonTexts[reason] ?? spaced(reason)}. The next delivery of the alert is judged again.`;
  if (phase === 'awaiting_approval')
    return `A person approves or rejects it${left === undefined ? '' : `, else it expires in ${duration(left)}`}.`;
  if (phase === 'queued') return 'The bot looks at the containers once more, decides again, and acts.';
  if (phase === 'acting') return 'When the action is done, the bot checks whether it helped.';
  if (phase === 'verifying') return 'It counts as healed when both stay so; otherwise the bot rests and tries again.';
  if (left === undefined) return 'The bot looks at it again with the next delivery.';
  return `The bot looks at it again in ${duration(left)}.`;
}

export interface EventWords {
  title: string;
  detail?: string;
  tone: Tone;
}

const replicaNames = (replicas: readonly { name: string }[]) => replicas.map(({ name }) => plain(name, 100)).join(', ');

/** One line of the log in words; undefined for what says nothing to a person. */
export function describeEvent(event: IncidentEvent): EventWords | undefined {
  switch (event.type) {
    case 'received':
      return event.alert.status === 'firing'
        ? { title: 'The alert arrived', detail: receivedDetail(event), tone: 'warn' }
        : { title: 'Alertmanager says that the alert is over', tone: 'quiet' };
    case 'decided':
      return decidedWords(event);
    case 'evidence':
      return {
        title: 'State, health checks and last log lines were kept',
        detail: 'from before the repair',
        tone: 'quiet',
      };
    case 'acting':
      return {
        title: `Attempt ${event.attempt}: ${actionText(event.action)}`,
        detail: event.before.length > 0 ? `before: ${replicaNames(event.before)}` : '',
        tone: 'busy',
      };
    case 'recovered':
      return {
        title: 'Taken up again after a restart of the bot',
        detail: `the action had ${recoveredTexts[event.found]}`,
        tone: 'warn',
      };
    case 'acted':
      return event.ok
        ? {
            title: 'The action was done',
            detail: plain([replicaNames(event.after), ...(event.notes ?? [])].filter(Boolean).join('; '), 1_000),
            tone: 'busy',
          }
        : {
            title: 'The action failed',
            detail: plain([event.code, event.message].filter(Boolean).join(': '), 500),
            tone: 'bad',
          };
    case 'verified':
      return verifiedWords(event);
    case 'relapsed':
      return { title: 'Relapsed: the same alert came back soon', detail: 'the attempt counts as failed', tone: 'bad' };
    case 'quarantined':
      return {
        title: `${nameOf(event)} is in quarantine after ${event.attempts} attempts`,
        detail: spaced(event.why),
        tone: 'bad',
      };
    case 'escalated':
      return { title: 'A person is called', detail: plain(event.message, 500), tone: 'bad' };
    case 'notified':
      return {
        title:
          event.result === 'delivered'
            ? `The message was delivered by ${event.channel}`
            : `The message by ${event.channel} expired`,
        detail: plain(event.detail ?? '', 300),
        tone: 'quiet',
      };
    case 'resolved':
      return { title: 'The alert is over', detail: `said ${resolvedTexts[event.by]}`, tone: 'good' };
    case 'approved':
      return { title: `Approved by ${plain(event.by, 100)}`, detail: plain(event.note ?? '', 300), tone: 'busy' };
    case 'rejected':
      return event.expired
        ? { title: 'Nobody answered: the request expired', tone: 'quiet' }
        : { title: `Rejected by ${plain(event.by, 100)}`, detail: plain(event.note ?? '', 300), tone: 'quiet' };
    default:
      return undefined;
  }
}

type Of<T extends IncidentEvent['type']> = Extract<IncidentEvent, { type: T }>;

const recoveredTexts = {
  happened: 'happened',
  partly: 'happened in part',
  not_happened: 'not happened',
  acted: 'been done',
};
const resolvedTexts = {
  alertmanager: 'Alertmanager',
  alert_source: 'the source of the alert',
  expired: 'its age: nobody mentioned it for a day',
};

const receivedDetail = ({ alert, at }: Of<'received'>): string => {
  const late = (Date.parse(at) - Date.parse(alert.startsAt)) / 1_000;
  return late >= 1 ? `${duration(late)} after it began` : '';
};

function decidedWords({ decision, reason, action, until, detail, runbook, at }: Of<'decided'>): EventWords {
  const why = reasonTexts[reason] ?? spaced(reason);
  if (decision === 'act')
    return {
      title: `Decided to ${actionText(action)}`,
      detail: `${why}${runbook ? ` (${plain(runbook, 100)})` : ''}`,
      tone: 'busy',
    };
  const again =
    until === undefined ? undefined : `looks again in ${duration((Date.parse(until) - Date.parse(at)) / 1_000)}`;
  const rest = [detail && plain(detail, 300), again].filter(Boolean).join('; ');
  return { title: `Not acting: ${why}`, detail: rest, tone: reason === 'resolved' ? 'good' : 'quiet' };
}

const verdictTexts = {
  healed: 'Healed',
  ineffective: 'It did not help',
  failed: 'The repair failed',
  unknown: 'It is not known whether it helped',
};

/** What a verdict rests on. */
export const proofOf = ({ target, alert, detail }: Of<'verified'>): string =>
  [targetTexts[target], alertTexts[alert], detail && plain(detail, 300)].filter(Boolean).join('; ');

const targetTexts = {
  ok: 'the target is healthy, as the action should have left it',
  not_healthy: 'the target is not healthy',
  not_restarted: 'the target still has its old start time',
  wrong_count: 'the number of replicas is not the wanted one',
  unknown: 'the containers could not be seen',
  not_checked: '',
};
const alertTexts = {
  gone: 'the alert is gone',
  firing: 'the alert fires on',
  unknown: 'nobody could say whether the alert still fires',
  not_checked: '',
};

function verifiedWords(event: Of<'verified'>): EventWords {
  const title =
    event.purpose === 'on_resolved' && event.outcome === 'healed'
      ? 'Scaled back'
      : (verdictTexts[event.outcome] ?? event.outcome);
  return { title, detail: proofOf(event), tone: outcomeSign(event.outcome).tone };
}

/** For those who do not see the page change; undefined for what is no news to them. */
export function announce(event: IncidentEvent, open: readonly IncidentSummary[]): string | undefined {
  if (event.type === 'paused') return `The bot is paused until ${clockTime(Date.parse(event.until))}.`;
  if (event.type === 'resumed') return 'The bot acts again.';
  if (!['received', 'acting', 'verified', 'escalated', 'quarantined'].includes(event.type)) return undefined;
  const words = describeEvent(event);
  const name =
    event.type === 'received'
      ? event.alert.labels['alertname']
      : open.find(({ id }) => id === event.incident)?.alertname;
  return words && plain(`${name ?? 'Incident'}: ${words.title}.`, 200);
}
