import { isProtected, labelOf, labels } from '../../runtime/docker/compose-labels.ts';
import { isStoreImage } from '../../runtime/docker/image-role.ts';
import { isImage, isOfOurImage, type Survey, type Surveyed } from '../survey.ts';
import { isOptedIn } from '../target-of-surveyed.ts';

export interface FoundService {
  project: string;
  service: string;
  optedIn: boolean;
  /** One without is never called unhealthy by the engine. */
  hasHealthcheck: boolean;
}

/** Where a Prometheus or an Alertmanager is, seen from a container on its network. */
export interface FoundMonitor {
  url: string;
  /** Absent when it is on the network of the host. */
  network?: string;
}

/** What `init` prints, before it is YAML. */
export interface InitPlan {
  image: string;
  hostPort: number;
  projects: string[];
  services: FoundService[];
  prometheus?: FoundMonitor;
  alertmanager?: FoundMonitor;
}

export interface InitOptions {
  /** `--projects`; those of the services that opted in, else all, when absent. */
  projects?: readonly string[] | undefined;
  defaultImage: string;
}

/** What there is to heal on this engine, and who watches it. */
export function planInit({ containers, own }: Survey, { projects, defaultImage }: InitOptions): InitPlan {
  const all = findServices(containers);
  const chosen = projects ?? chooseProjects(all);
  const isChosen = ({ project }: FoundService) => chosen.includes('*') || chosen.includes(project);
  const prometheus = findMonitor(containers, 9090, 'prometheus');
  const alertmanager = findMonitor(containers, 9093, 'alertmanager');
  return {
    image: own && isOwnImage(own.Config.Labels) ? own.Config.Image : defaultImage,
    hostPort: freePort(containers),
    projects: [...chosen],
    services: all.filter(isChosen),
    ...(prometheus && { prometheus }),
    ...(alertmanager && { alertmanager }),
  };
}

const isOwnImage = (of: Surveyed['labels']): boolean => isOfOurImage({ labels: of } as Surveyed);

function findServices(containers: readonly Surveyed[]): FoundService[] {
  const found = new Map<string, FoundService>();
  for (const one of containers) {
    const { project, service } = one;
    if (project === undefined || service === undefined || !isHealable(one)) continue;
    const key = `${project}/${service}`;
    const known = found.get(key);
    const optedIn = isOptedIn(one, {}) && known?.optedIn !== false;
    const hasHealthcheck = /\((un)?healthy\)|health: starting/.test(one.status) || known?.hasHealthcheck === true;
    found.set(key, { project, service, optedIn, hasHealthcheck });
  }
  return [...found.values()].sort((a, b) => `${a.project}/${a.service}`.localeCompare(`${b.project}/${b.service}`));
}

/** A restart may cure it, and it is neither the healer, nor what watches, nor what holds data. */
const isHealable = (one: Surveyed): boolean =>
  labelOf(one.labels, labels.oneoff) !== 'True' &&
  one.state !== 'exited' &&
  !isOfOurImage(one) &&
  !isProtected(one.labels) &&
  !isStoreImage(one.image);

function chooseProjects(services: readonly FoundService[]): string[] {
  const of = (list: readonly FoundService[]) => [...new Set(list.map(({ project }) => project))];
  const optedIn = of(services.filter((one) => one.optedIn));
  return optedIn.length > 0 ? optedIn : of(services);
}

function findMonitor(containers: readonly Surveyed[], port: number, name: string): FoundMonitor | undefined {
  const found = containers.find((one) => one.state === 'running' && isImage(one, name));
  if (!found) return undefined;
  const network = found.networks.find((each) => !['host', 'none', 'bridge'].includes(each));
  if (network === undefined) return { url: `http://host.docker.internal:${port}` };
  return { url: `http://${found.service ?? found.name}:${port}`, network };
}

function freePort(containers: readonly Surveyed[]): number {
  const taken = new Set(containers.flatMap(({ ports }) => ports));
  let port = 5001;
  while (taken.has(port)) port += 1;
  return port;
}
