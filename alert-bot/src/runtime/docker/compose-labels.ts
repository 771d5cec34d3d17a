const compose = 'com.docker.compose.';

/** The labels that Docker Compose knows its containers by, and ours. */
export const labels = {
  project: `${compose}project`,
  service: `${compose}service`,
  number: `${compose}container-number`,
  oneoff: `${compose}oneoff`,
  configHash: `${compose}config-hash`,
  replace: `${compose}replace`,
  /** Opt-in: without it nothing is ever done to a container. */
  enable: 'self-healing.enable',
  /** Opt-out that wins over everything else. */
  protect: 'self-healing.protected',
  /** On every clone: the id it was cloned from. Compose does not look at it. */
  clonedFrom: 'self-healing.cloned-from',
} as const;

export type Labels = Readonly<Record<string, string>>;

/** A replica of a service, not a one-off (`compose run`), with the labels that compose itself asks for. */
export function isReplica(of: Labels): boolean {
  return of[labels.oneoff] === 'False' && of[labels.configHash] !== undefined && of[labels.service] !== undefined;
}

export const serviceOf = (of: Labels): string => of[labels.service] ?? '';

export const isOptedIn = (of: Labels): boolean => of[labels.enable]?.toLowerCase() === 'true';

export const isProtected = (of: Labels): boolean => of[labels.protect]?.toLowerCase() === 'true';

/** The replica's number, 1 and up; 0 when the label is missing or not a number. */
export function replicaNumber(of: Labels): number {
  const number = Number.parseInt(of[labels.number] ?? '', 10);
  return Number.isInteger(number) && number > 0 ? number : 0;
}
