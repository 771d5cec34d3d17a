import { useState } from 'preact/hooks';
import type { IntakeResult } from '../../src/healer/healer.ts';
import type { ServiceView } from '../../src/healer/views.ts';
import { reasonTexts } from '../../src/notify/reason-texts.ts';
import { ask, describeError } from './api.ts';
import { plain } from './format.ts';
import { Badge, Time } from './parts.tsx';
import { actionText, spaced } from './words.ts';

const known = ['APIHighLatency', 'APIErrorRateHigh', 'APIDown', 'WorkerBacklogHigh', 'WorkerStalled'];

/** What the bot would do if an alert came now. Nothing is recorded, and nothing is touched. */
export function SimulateForm({ services }: { services: readonly ServiceView[] }) {
  const [answer, setAnswer] = useState<{ result?: IntakeResult; problem?: string }>({});
  const submit = (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const body = { alerts: [{ labels: labelsOf(form) }] };
    ask<{ results: IntakeResult[] }>('/simulate', { method: 'POST', body }).then(
      ({ results: [result] }) => setAnswer(result ? { result } : {}),
      (error: unknown) => setAnswer({ problem: describeError(error) }),
    );
  };
  return (
    <section class="simulate">
      <h2>What would happen if this alert fired now</h2>
      <p class="note">
        The bot decides as it would, with its pause, its rests and its budget as they are. Nothing is recorded or
        touched.
      </p>
      <form class="filters" onSubmit={submit}>
        <label>
          Alert
          <input name="alertname" list="known-alerts" required maxLength={200} placeholder="APIHighLatency" />
        </label>
        <datalist id="known-alerts">
          {known.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <label>
          Service
          <input name="service" list="known-services" maxLength={200} />
        </label>
        <datalist id="known-services">
          {[...new Set(services.map(({ service }) => service))].map((service) => (
            <option key={service} value={service} />
          ))}
        </datalist>
        <label>
          Project
          <input name="project" maxLength={200} />
        </label>
        <label>
          Instance
          <input name="instance" maxLength={200} placeholder="172.18.0.7:8001" />
        </label>
        <label class="grow">
          More labels
          <input name="more" maxLength={1000} placeholder="severity=critical, team=shop" />
        </label>
        <button type="submit">Simulate</button>
      </form>
      <div aria-live="polite">
        {answer.problem && <p class="problem">{answer.problem}</p>}
        {answer.result && <Result result={answer.result} />}
      </div>
    </section>
  );
}

function labelsOf(form: FormData): Record<string, string> {
  const labels = ['alertname', 'project', 'service', 'instance'].map(
    (name) => [name, String(form.get(name) ?? '').trim()] as const,
  );
  const more = String(form.get('more') ?? '')
    .split(',')
    .map((pair) => pair.split('='))
    .map(([name = '', ...value]) => [name.trim(), value.join('=').trim()] as const);
  return Object.fromEntries([...labels, ...more].filter(([name, value]) => name !== '' && value !== ''));
}

const Result = ({ result: { decision, reason, action, runbook, until } }: { result: IntakeResult }) => (
  <p class="result">
    <Badge sign={decision === 'act' ? { word: 'acts', tone: 'good' } : { word: 'does nothing', tone: 'quiet' }} />{' '}
    {decision === 'act' ? (
      <>
        It would <strong>{actionText(action)}</strong>: {reasonTexts[reason] ?? spaced(reason)}
      </>
    ) : (
      <>
        <strong>{spaced(reason)}</strong>: {reasonTexts[reason] ?? ''}
        {action ? `; else it would ${actionText(action)}` : ''}
      </>
    )}
    {runbook ? ` (runbook ${plain(runbook, 100)})` : ''}.
    {until && (
      <>
        {' '}
        It would look again at <Time at={until} />.
      </>
    )}
  </p>
);
