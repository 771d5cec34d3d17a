import type { Console } from './console.ts';
import type { StackStatus } from './control-socket.ts';
import type { PartContext } from './parts.ts';
import { type ProgramName, programs } from './programs.ts';
import type { Addresses } from './render-configuration.ts';
import type { LocalReplica } from './replica-group.ts';
import type { Running } from './stack-context.ts';
import { formatTable, type PartRow, rowState } from './status-table.ts';

interface Progress {
  startedAt: string;
  ready: boolean;
  context: PartContext | undefined;
}

/** What `npm start -- --status` and the demo ask for. */
export function statusOf({ options, groups }: Running, { startedAt, ready, context }: Progress): StackStatus {
  const url = (part: keyof Addresses) => (context ? `http://${context.addresses[part]}` : '');
  return {
    pid: process.pid,
    startedAt,
    ready,
    fast: options.fast,
    servicesOnly: options.servicesOnly,
    urls: {
      api: url('api'),
      alertBot: url('alert-bot'),
      prometheus: url('prometheus'),
      alertmanager: url('alertmanager'),
      ...(groups.has('grafana') && { grafana: url('grafana') }),
    },
    parts: context ? rowsOf(groups, context, options.servicesOnly) : [],
    workers: (groups.get('worker')?.replicas ?? []).map(({ addresses }) => `http://${addresses[0]}`),
  };
}

const order = ['db', 'api', 'worker', 'alert-bot', ...Object.keys(programs)];

function rowsOf(groups: Running['groups'], context: PartContext, servicesOnly: boolean): PartRow[] {
  return order.flatMap((service) => {
    const group = groups.get(service);
    if (group) return group.replicas.map((replica) => rowOf(service, replica, context));
    if (servicesOnly || !(service in programs) || context.found[service as ProgramName]) return [];
    const note = `not installed: ${programs[service as ProgramName].without}`;
    return [{ part: service, state: 'missing' as const, url: '', restarts: 0, note }];
  });
}

function rowOf(service: string, { number, addresses, process }: LocalReplica, context: PartContext): PartRow {
  const { state, health, restarts, ending, probe, pid } = process.status();
  const url = service === 'db' ? `psql ${context.database.appUrl}` : `http://${addresses[0]}`;
  const pages = context.pageless.has(service)
    ? `API only: Debian's build has no pages, ${insteadOf(context)}`
    : undefined;
  const note = state === 'restarting' ? `ended: ${ending}` : (probe?.slice(0, 120) ?? pages);
  const part = number === 1 ? service : `${service}-${number}`;
  const more = { ...(note !== undefined && { note }), ...(pid !== undefined && { pid }) };
  return { part, state: rowState(state, health), url, restarts, ...more };
}

const insteadOf = ({ addresses }: PartContext) => `see the console: http://${addresses['alert-bot']}`;

/** The table, once everything has started. */
export function announce({ parts, urls, servicesOnly }: StackStatus, out: Console): void {
  out.block(`\n${formatTable(parts, process.stdout.isTTY)}\n`);
  if (!servicesOnly)
    out.block(
      `  try it: npm run demo, or break it by hand: npm run fault -- latency 400ms   (watch the bot: ${urls.alertBot})\n`,
    );
  out.say('ready; Ctrl-C stops everything');
}
