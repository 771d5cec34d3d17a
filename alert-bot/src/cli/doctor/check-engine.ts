import type { DockerEngine } from '../../runtime/docker/docker-engine.ts';
import { EngineError, EngineUnreachable } from '../../runtime/docker/engine-error.ts';
import type { SelfEvidence } from '../../runtime/docker/own-container.ts';
import { type Survey, surveyEngine } from '../survey.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** A name that no container can have, because names begin with a letter or a digit. */
const nobody = '-doctor-asks-whether-it-may-';

/** Whether the engine answers, and whether what stands in front of it lets the bot's calls through. Restarts nothing. */
export async function checkEngine(
  engine: DockerEngine,
  self?: () => Promise<SelfEvidence>,
): Promise<{ findings: Finding[]; survey?: Survey }> {
  let survey: Survey;
  try {
    await engine.ping();
    survey = await surveyEngine(engine, self);
  } catch (error) {
    if (!(error instanceof EngineError || error instanceof EngineUnreachable)) throw error;
    return { findings: [unreachable(error)] };
  }
  const { kind, version, apiVersion } = survey.engine;
  const refused = await findRefused(engine);
  const findings = refused.length > 0 ? refused : [ok('engine', `${kind} ${version}, API ${apiVersion}`)];
  return { findings, survey };
}

/** The message holds both: what is so, and after the last semicolon what to do. */
function unreachable(error: Error): Finding {
  const at = error.message.lastIndexOf('; ');
  if (at < 0) return problem('engine', error.message, 'check DOCKER_HOST, and that the engine runs');
  return problem('engine', error.message.slice(0, at), error.message.slice(at + 2));
}

/** What a socket proxy does not let through. The engine itself knows no such container: 404. */
async function findRefused(engine: DockerEngine): Promise<Finding[]> {
  const [restart, events] = await Promise.all([
    refusalOf(engine.restart(nobody, 1_000)),
    refusalOf(listenOnce(engine)),
  ]);
  return [
    ...(restart ? [unreachable(restart)] : []),
    ...(events
      ? [
          warning(
            'engine',
            `the engine's events are not readable (${events.message}): unhealthy containers are not noticed without Prometheus, and who stopped a container is guessed`,
            'allow GET /events in the socket proxy (docker-socket-proxy: EVENTS=1)',
          ),
        ]
      : []),
  ];
}

async function refusalOf(call: Promise<unknown>): Promise<Error | undefined> {
  try {
    await call;
  } catch (error) {
    if (error instanceof EngineError && (error.status === 403 || error.status === 405)) return error;
  }
  return undefined;
}

async function listenOnce(engine: DockerEngine): Promise<void> {
  const listening = new AbortController();
  const since = String(Math.floor(Date.now() / 1_000));
  const onOpen = () => listening.abort();
  await engine.events({ label: [], since, onOpen, onEvent: () => undefined, signal: listening.signal });
}
