import type { IncidentEvent } from '../../src/incidents/event.ts';
import { shortDuration } from './format.ts';
import { Shape, Time } from './parts.tsx';
import { describeEvent } from './words.ts';

/** Every event of the incident in words, with its distance from the start of the alert. */
export function Timeline({ events, startsAt }: { events: readonly IncidentEvent[]; startsAt: string }) {
  const start = Date.parse(startsAt);
  return (
    <section>
      <h2>Timeline</h2>
      <table class="timeline">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="number">
              After
            </th>
            <th scope="col">What happened</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>
              <Time at={startsAt} />
            </td>
            <td class="number">0 s</td>
            <td>
              <Shape tone="warn" /> The alert began
            </td>
          </tr>
          {events.map((event) => (
            <Row key={event.seq} event={event} start={start} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ event, start }: { event: IncidentEvent; start: number }) {
  const words = describeEvent(event);
  if (!words) return null;
  return (
    <tr>
      <td>
        <Time at={event.at} />
      </td>
      <td class="number">{shortDuration((Date.parse(event.at) - start) / 1_000)}</td>
      <td>
        <Shape tone={words.tone} /> {words.title}
        {words.detail && <span class="detail">{words.detail}</span>}
      </td>
    </tr>
  );
}
