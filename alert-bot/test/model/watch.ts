import type { Delivery } from '../../src/alerts/alert.ts';
import type { IntakeResult } from '../../src/healer/healer.ts';
import type { EventOf, IncidentEvent } from '../../src/incidents/event.ts';
import type { AlertReport, SourcedAlert } from '../../src/verify/alert-source.ts';
import type { Container } from './containers.ts';
import { beginAttempt, withdraw } from './judge-attempts.ts';
import { judgeCall } from './judge-call.ts';
import { judgeHeld, judgeOutcome } from './judge-outcome.ts';
import { createNotebook, type Watched } from './notebook.ts';
import type { EngineWatch } from './simulated-engine.ts';

/** Judges everything that the bot does at the moment it does it. Notes what is broken: a throw would be swallowed by the bot. */
export function createWatch(watched: Watched) {
  const book = createNotebook(watched);
  const begun = new Set<string>();
  let unjudged: EventOf<'acting'> | undefined;

  /** The attempt that a call belongs to, if it is its first one. */
  function callOf(verb: 'restart' | 'scale', service: string): EventOf<'acting'> | undefined {
    if ((watched.engine.underWay.get(service) ?? 0) > 0)
      book.broken('one action at a time', `${verb} ${service} while another runs`);
    const event = unjudged;
    if (!event || event.action.service !== service) return undefined;
    unjudged = undefined;
    judgeCall(book, event);
    return event;
  }

  const engineWatch: EngineWatch = {
    restart: (service) => void callOf('restart', service),
    scale: (service, from, to) => {
      const event = callOf('scale', service);
      if (event?.purpose === 'repair' && to <= from) book.broken('a scale-out never removes', `${from} to ${to}`);
      if (event?.purpose === 'on_resolved' && to >= from) book.broken('a scale-in never adds', `${from} to ${to}`);
    },
    touched: (service: string) => {
      const act = book.acts.findLast(({ event }) => event.action.service === service);
      if (act) act.touched = true;
    },
    removed: (container: Container) => {
      if (container.addedBy !== 'bot') book.broken('only what the bot added is removed', container.name);
    },
  };

  return {
    problems: book.problems,
    counts: book.counts,
    engine: engineWatch,
    delivered: ({ alerts }: Delivery) => {
      for (const { fingerprint, status, endsAt } of alerts)
        book.say(
          fingerprint,
          status === 'firing'
            ? { word: 'fires', delivered: true }
            : { word: 'over', delivered: true, ...(endsAt === undefined ? {} : { endsAt }) },
        );
    },
    looked: ({ fingerprint }: SourcedAlert, { state, suppressed }: AlertReport) => {
      const said = { firing: 'fires', pending: 'pending', gone: 'over', unknown: 'unsure' } as const;
      const isSuppressed = suppressed !== undefined && suppressed !== 'unknown';
      // The alert fires, but nobody could say whether a person has silenced it: no word to act on.
      const word = suppressed === 'unknown' && state === 'firing' ? 'unsure' : said[state];
      book.say(fingerprint, { word: isSuppressed && state !== 'gone' ? 'suppressed' : word });
    },
    acknowledged: (results: readonly IntakeResult[]) => {
      for (const { incident, alertname } of results)
        if (incident !== null && !book.receivedAt.has(incident))
          book.broken('what is acknowledged is in the log', `${alertname} ${incident}`);
    },
    written: (event: IncidentEvent) => {
      book.writtenAt.set(event.seq, watched.clock.elapsed());
      if (event.type === 'received' && !book.receivedAt.has(event.incident))
        book.receivedAt.set(event.incident, watched.clock.elapsed());
      if (event.type === 'acting') {
        unjudged = event;
        beginAttempt(book, begun, event);
      }
      if (event.type === 'verified') judgeOutcome(book, event);
      if (event.type === 'decided' && event.reason === 'held_by_person') judgeHeld(book, event);
      if (event.type === 'escalated') book.counts.escalated += 1;
      if (event.type === 'decided' && event.withdrawn) withdraw(book, begun, event);
      if (event.type === 'acted' && !event.ok) book.counts.refusals += 1;
    },
  };
}
