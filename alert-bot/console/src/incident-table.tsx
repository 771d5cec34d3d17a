import type { IncidentSummary } from '../../src/healer/healer.ts';
import { shortDuration } from './format.ts';
import { Badge, Foreign, longestOf, Time, TimingBar } from './parts.tsx';
import { incidentHref } from './router.ts';
import { botNow } from './store.ts';
import { partsOf, totalOf } from './timing.ts';
import { standingOf } from './words.ts';

export function IncidentTable({ incidents }: { incidents: readonly IncidentSummary[] }) {
  const longest = longestOf(incidents.filter(({ attempt }) => attempt !== null));
  return (
    <table class="incidents">
      <thead>
        <tr>
          <th scope="col">Came in</th>
          <th scope="col">Alert</th>
          <th scope="col" class="wide">
            Service
          </th>
          <th scope="col">Outcome</th>
          <th scope="col" class="bar wide">
            <span class="key detect" />
            detect <span class="key act" />
            act <span class="key verify" />
            verify
          </th>
          <th scope="col" class="number wide">
            Total
          </th>
          <th scope="col" class="number wide">
            Attempts
          </th>
        </tr>
      </thead>
      <tbody>
        {incidents.map((incident) => (
          <tr key={incident.id}>
            <td class="when">
              <Time at={incident.receivedAt} />
            </td>
            <td class="alert">
              <a href={incidentHref(incident.id)}>
                <Foreign text={incident.alertname || 'Alert without a name'} max={100} />
              </a>
              {incident.title && (
                <span class="summary">
                  <Foreign text={incident.title} max={140} />
                </span>
              )}
            </td>
            <td class="wide">
              <Foreign text={incident.target ?? incident.labels['service'] ?? '–'} max={60} />
            </td>
            <td>
              <Badge sign={standingOf(incident)} />
            </td>
            <td class="bar wide">{incident.attempt ? <TimingBar incident={incident} longest={longest} /> : '–'}</td>
            <td class="number wide">{incident.attempt ? shortDuration(totalOf(partsOf(incident, botNow()))) : '–'}</td>
            <td class="number wide">{incident.attempts}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
