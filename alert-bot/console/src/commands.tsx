import type { IntakeResult, PauseState } from '../../src/healer/healer.ts';
import type { PlannedAction } from '../../src/incidents/event.ts';
import { reasonTexts } from '../../src/notify/reason-texts.ts';
import { ask } from './api.ts';
import { Command } from './dialog.tsx';
import { clockTime, plain } from './format.ts';
import { refresh } from './live.ts';
import { actionText } from './words.ts';

const textOf = (form: FormData, name: string): string => String(form.get(name) ?? '').trim();

/** Without what is empty: the bot refuses empty names. */
function bodyOf(form: FormData, ...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, textOf(form, name)]).filter(([, value]) => value !== ''));
}

const WhoAndWhy = ({ why }: { why: string }) => (
  <>
    <label>
      Your name <small>(recorded; optional)</small>
      <input name="by" maxLength={200} autocomplete="name" />
    </label>
    <label>
      {why} <small>(recorded; optional)</small>
      <input name="note" maxLength={1000} />
    </label>
  </>
);

export const Pause = () => (
  <Command
    label="Pause"
    explanation="The bot touches nothing until the time is over or somebody resumes it. Alerts are still taken and recorded, and what still fires then is acted on."
    confirm="Pause the bot"
    fields={
      <>
        <label>
          Minutes
          <input name="minutes" type="number" min="1" max="10080" step="1" value="30" required />
        </label>
        <label>
          Reason <small>(recorded; optional)</small>
          <input name="reason" maxLength={1000} placeholder="deploy" />
        </label>
        <label>
          Your name <small>(recorded; optional)</small>
          <input name="by" maxLength={200} autocomplete="name" />
        </label>
      </>
    }
    send={async (form) => {
      const body = { minutes: Number(textOf(form, 'minutes')), ...bodyOf(form, 'reason', 'by') };
      const { until } = await ask<PauseState>('/pause', { method: 'POST', body });
      refresh();
      return `Paused until ${clockTime(Date.parse(until))}.`;
    }}
  />
);

export const Resume = () => (
  <Command
    label="Resume"
    tone="primary"
    explanation="The bot acts again at once on what fires."
    confirm="Resume the bot"
    fields={<WhoAndWhy why="Note" />}
    send={async (form) => {
      await ask('/pause', { method: 'DELETE', body: bodyOf(form, 'by', 'note') });
      refresh();
      return 'The bot acts again.';
    }}
  />
);

export const Approve = ({ id, action }: { id: string; action: PlannedAction | null }) => (
  <Command
    label="Approve"
    tone="primary"
    explanation={`The bot decides again now and, if nothing stands in the way, will ${actionText(action)}.`}
    confirm={`Approve: ${actionText(action)}`}
    fields={<WhoAndWhy why="Note" />}
    send={async (form) => {
      const path = `/incidents/${encodeURIComponent(id)}/approve`;
      const result = await ask<IntakeResult>(path, { method: 'POST', body: bodyOf(form, 'by', 'note') });
      refresh();
      return result.decision === 'act'
        ? `Approved. The bot will ${actionText(result.action)}.`
        : `Approved, but the bot does nothing now: ${reasonTexts[result.reason]}.`;
    }}
  />
);

export const Reject = ({ id, action }: { id: string; action: PlannedAction | null }) => (
  <Command
    label="Reject"
    tone="danger"
    explanation={`The bot will not ${actionText(action)} for this episode of the alert. A new episode is asked about again.`}
    confirm="Reject the repair"
    fields={<WhoAndWhy why="Note" />}
    send={async (form) => {
      const path = `/incidents/${encodeURIComponent(id)}/reject`;
      await ask(path, { method: 'POST', body: bodyOf(form, 'by', 'note') });
      refresh();
      return 'Rejected. Nothing was touched.';
    }}
  />
);

export function Release({ target }: { target: string }) {
  const name = plain(target, 100);
  return (
    <Command
      label="Release"
      tone="primary"
      explanation={`Ends the quarantine of ${name} and forgets its attempts. If its alert still fires, the bot repairs it again. Do this when the cause is fixed.`}
      confirm={`Release ${name}`}
      fields={<WhoAndWhy why="What was fixed" />}
      send={async (form) => {
        const path = `/targets/${encodeURIComponent(target)}/release`;
        const { wasQuarantined } = await ask<{ wasQuarantined: boolean }>(path, {
          method: 'POST',
          body: bodyOf(form, 'by', 'note'),
        });
        refresh();
        return wasQuarantined ? `${name} is released.` : `${name} was not in quarantine; its attempts are forgotten.`;
      }}
    />
  );
}
