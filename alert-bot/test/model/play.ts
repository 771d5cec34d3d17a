import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import type { Model } from './model.ts';
import type { Step } from './steps.ts';

const second = 1_000;

/** Has one thing happen. */
export async function play(model: Model, step: Step): Promise<void> {
  const { clock, containers, prometheus, alertmanager, engine, disk } = model;
  const one = 'index' in step ? containers.nth(step.service, step.index) : undefined;
  switch (step.do) {
    case 'advance':
      return clock.advance(step.seconds * second);
    case 'sicken': {
      const { curable, relapseSeconds } = step;
      const relapse = relapseSeconds === undefined ? {} : { relapseMs: relapseSeconds * second };
      if (one) containers.sicken(one, { curable, ...relapse });
      break;
    }
    case 'outside':
      containers.change(step.service, { external: step.on });
      break;
    case 'database':
      model.changeOutside({ databaseDown: step.down });
      break;
    case 'load':
      model.changeOutside({ load: step.workers });
      break;
    case 'never healthy':
      containers.change(step.service, { neverHealthy: step.on });
      break;
    case 'kill':
      if (one) containers.end(one, 'itself');
      break;
    case 'stop':
      if (one) containers.end(one, 'person');
      break;
    case 'start':
      if (one?.state === 'exited') containers.launch(one);
      break;
    case 'pause':
      if (one) containers.pause(one);
      break;
    case 'unpause':
      if (one) containers.unpause(one);
      break;
    case 'recreate':
      containers.recreate(step.service, step.seconds * second);
      break;
    case 'scale':
      containers.scaleByPerson(step.service, step.count);
      break;
    case 'label':
      containers.change(step.service, { optedIn: step.on });
      break;
    case 'silence':
      alertmanager.silence(step.alertname, step.seconds * second);
      break;
    case 'unsilence':
      alertmanager.unsilence(step.alertname);
      break;
    case 'prometheus':
      if (step.is === 'started') prometheus.start(step.keepsData);
      else prometheus.stop();
      break;
    case 'gap':
      prometheus.gap(step.service, step.seconds * second);
      break;
    case 'alertmanager':
      alertmanager[step.is === 'started' ? 'start' : 'stop']();
      break;
    case 'deliveries':
      Object.assign(model.deliveries, { delayMs: step.delaySeconds * second, copies: step.copies });
      break;
    case 'engine':
      engine.down = step.down;
      break;
    case 'engine fault':
      engine.faults.push(step.fault);
      break;
    case 'slowness':
      engine.latencyMs = step.engineMs;
      engine.stopMs = step.stopMs;
      model.source.latencyMs = step.sourceMs;
      disk.latencyMs = step.diskMs;
      break;
    case 'disk':
      disk.full = step.full;
      break;
    case 'mail':
      model.mail.down = step.down;
      break;
    case 'jump':
      clock.jump(step.seconds * second);
      break;
    case 'runbooks':
      Object.assign(model.policy, { name: step.are, changedAt: clock.elapsed() });
      break;
    default:
      await playOnBot(model, step);
  }
}

async function playOnBot(model: Model, step: Step): Promise<void> {
  const { clock } = model;
  const healer = model.bot()?.healer;
  switch (step.do) {
    case 'kill bot':
      model.killBot(step.keepsUnacknowledged);
      clock.after(step.downSeconds * second, () => {
        model.startBot();
        return 'wakes';
      });
      break;
    case 'restart bot': {
      model.stopBot();
      await clock.advance(12 * second);
      model.startBot();
      break;
    }
    case 'by hand':
      void model.deliver({ truncatedAlerts: 0, alerts: [handMade(model, step)] });
      break;
    case 'pause bot':
      void healer?.pause({ minutes: step.minutes, by: 'ops' }).catch(() => undefined);
      break;
    case 'resume bot':
      void healer?.resume({ by: 'ops' }).catch(() => undefined);
      break;
    case 'release':
      void healer?.release(step.service, { by: 'ops' }).catch(() => undefined);
      break;
    case 'approve':
    case 'reject': {
      const [asked] = healer?.incidents({ limit: 1, phase: 'awaiting_approval' }).items ?? [];
      if (asked) void Promise.resolve(healer?.[step.do](asked.id, { by: 'ops' })).catch(() => undefined);
      break;
    }
    default:
  }
}

function handMade({ clock }: Model, step: Extract<Step, { do: 'by hand' }>) {
  const service = step.alertname.startsWith('Worker') ? 'worker' : step.alertname.startsWith('API') ? 'api' : 'web';
  const instance = step.alertname === 'WorkerStalled' && step.instance ? { instance: step.instance } : {};
  const labels = { alertname: step.alertname, service, ...instance };
  const startsAt = step.noStart ? clock.now() : clock.now() - step.agoSeconds * second;
  return {
    status: step.resolved ? ('resolved' as const) : ('firing' as const),
    labels,
    annotations: {},
    startsAt,
    startsAtMissing: step.noStart,
    fingerprint: fingerprintOf(labels),
    ...(step.resolved ? { endsAt: Math.max(startsAt, clock.now() - second) } : {}),
  };
}
