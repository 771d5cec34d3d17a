import type { ReplicaView, ServiceView } from '../../src/healer/views.ts';
import { Release } from './commands.tsx';
import { duration, percent, plain } from './format.ts';
import { Ago, Badge, Foreign, Shape, StateWord, Time } from './parts.tsx';
import { incidentHref } from './router.ts';
import { SimulateForm } from './simulate-form.tsx';
import { useSecond, useStore } from './store.ts';
import type { Sign } from './words.ts';

/** Everything that the bot may touch, and why not the rest. */
export function ServicesView() {
  const { services } = useStore();
  if (!services) return <p class="loading">Reading from the bot…</p>;
  const mine = services.services.filter(({ runbooks, optedIn }) => optedIn || runbooks.length > 0);
  const others = services.services.filter((service) => !mine.includes(service));
  return (
    <>
      <div class="title-row">
        <h1>Services</h1>
        {services.project && (
          <span class="note">
            of the project <Foreign text={services.project} max={100} />
            {services.projects.length > 0 && ` and of ${othersOf(services.projects)}`}
          </span>
        )}
      </div>
      {services.observedAt === null && (
        <p class="problem">The container engine does not answer, so replicas are not shown.</p>
      )}
      {mine.every(({ optedIn }) => !optedIn) && <NoneOptedIn />}
      {mine.length > 0 && <ServiceTable services={mine} />}
      {others.length > 0 && (
        <section>
          <h2>Left alone</h2>
          <p class="note">The bot never touches these: they have not opted in, and no runbook names them.</p>
          <ServiceTable services={others} />
        </section>
      )}
      <SimulateForm services={mine} />
    </>
  );
}

const othersOf = (projects: readonly string[]): string =>
  projects.includes('*') ? 'every project with containers that opted in' : plain(projects.join(', '), 200);

const NoneOptedIn = () => (
  <section class="empty">
    <h2>No service has opted in</h2>
    <p>
      The bot repairs only containers that carry its label. In docker-compose.yml, for each service that it may restart
      or scale:
    </p>
    <pre>{'labels:\n  self-healing.enable: "true"'}</pre>
    <p>
      Then <code>docker compose up -d</code>, which recreates the containers with the label.
    </p>
  </section>
);

function ServiceTable({ services }: { services: readonly ServiceView[] }) {
  return (
    <table class="services">
      <thead>
        <tr>
          <th scope="col">Service</th>
          <th scope="col">Replicas</th>
          <th scope="col">May the bot act</th>
          <th scope="col" class="wide">
            Attempts left
          </th>
          <th scope="col" class="wide">
            Runbooks
          </th>
        </tr>
      </thead>
      <tbody>
        {services.map((service) => (
          <ServiceRow key={service.target} service={service} />
        ))}
      </tbody>
    </table>
  );
}

function ServiceRow({ service }: { service: ServiceView }) {
  const now = useSecond();
  const { replicas, attempts, runbooks, active } = service;
  return (
    <tr>
      <th scope="row">
        <Foreign text={service.target} max={100} />
      </th>
      <td>
        <ul class="replicas">
          {replicas.map(({ id, name, state, health, startedAt, memory }) => (
            <li key={id}>
              <StateWord state={state} health={health} /> <Foreign text={name} max={80} />{' '}
              {startedAt && state === 'running' && (
                <span class="note whole">
                  started <Ago at={startedAt} now={now} />
                </span>
              )}
              {memory && <Memory memory={memory} />}
            </li>
          ))}
          {replicas.length === 0 && <li class="note">no containers</li>}
        </ul>
      </td>
      <td>
        <Badge sign={standing(service)} />
        <Why service={service} now={now} />
        {active && (
          <p>
            <a href={incidentHref(active)}>incident under way</a>
          </p>
        )}
        {service.quarantine && <Release target={service.target} />}
      </td>
      <td class="wide">
        {attempts ? `${attempts.left} of ${attempts.max} in ${duration(attempts.withinSeconds)}` : '–'}
      </td>
      <td class="wide">{runbooks.length > 0 ? plain(runbooks.join(', '), 300) : '–'}</td>
    </tr>
  );
}

/** From here on the kernel may end the container before anybody looks. */
const nearLimit = 0.9;

/** What it uses of what it may use. */
function Memory({ memory: { usedMiB, limitMiB } }: { memory: NonNullable<ReplicaView['memory']> }) {
  if (limitMiB === null) return <span class="memory note">memory {usedMiB} MiB, no limit</span>;
  const share = usedMiB / Math.max(1, limitMiB);
  const isNear = share >= nearLimit;
  return (
    <span class={`memory ${isNear ? 'state bad' : 'note'}`}>
      {isNear && <Shape tone="bad" />}
      <svg viewBox="0 0 40 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="all" width="40" height="6" rx="3" />
        <rect class="used" width={Math.min(40, 40 * share)} height="6" rx="3" />
      </svg>
      memory {usedMiB} of {limitMiB} MiB ({percent(share)})
    </span>
  );
}

function standing({
  optedIn,
  protected: isProtected,
  quarantine,
  rest,
  changing,
  active,
  runbooks,
  replicas,
}: ServiceView): Sign {
  if (isProtected) return { word: 'protected', tone: 'quiet' };
  if (replicas.length === 0) return { word: 'missing', tone: 'warn' };
  if (!optedIn) return { word: 'not opted in', tone: 'quiet' };
  if (quarantine) return { word: 'quarantine', tone: 'bad' };
  if (active) return { word: 'being repaired', tone: 'busy' };
  if (changing !== null) return { word: 'changing', tone: 'busy' };
  if (rest) return { word: rest.kind, tone: 'warn' };
  return runbooks.length > 0 ? { word: 'yes', tone: 'good' } : { word: 'no runbook', tone: 'quiet' };
}

function Why({ service, now }: { service: ServiceView; now: number }) {
  const { optedIn, protected: isProtected, quarantine, rest, changing, replicas } = service;
  if (isProtected) return <p class="note">It is the bot itself, what watches it, or a database.</p>;
  if (replicas.length === 0) return <p class="note">A runbook names it, and it has no containers.</p>;
  if (!optedIn)
    return (
      <p class="note">
        Add the label <code>self-healing.enable: "true"</code> to all of its replicas.
      </p>
    );
  if (quarantine)
    return (
      <p class="note">
        Since <Time at={quarantine.since} />, after {quarantine.attempts || 'too many'} attempts, until a person
        releases it.
      </p>
    );
  if (changing !== null) return <p class="note">{plain(changing, 200)}</p>;
  if (rest)
    return (
      <p class="note">
        Until <Time at={rest.until} />, for another {duration((Date.parse(rest.until) - now) / 1_000)}.
      </p>
    );
  return null;
}
