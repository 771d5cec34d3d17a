const compose = 'com.docker.compose.';

/** The labels that Docker Compose knows its containers by, and ours. */
export const labels = {
  project: `${compose}project`,
  service: `${compose}service`,
  number: `${compose}container-number`,
  oneoff: `${compose}oneoff`,
  configHash: `${compose}config-hash`,
  replace: `${compose}replace`,
  dependsOn: `${compose}depends_on`,
  /** Opt-in: without it, or the one in `OPT_IN_LABEL`, nothing is ever done to a container. */
  enable: 'self-healing.enable',
  /** Opt-out that wins over everything else. */
  protect: 'self-healing.protect',
  /** As `protect`, in its older spelling. */
  protected: 'self-healing.protected',
  /** On containers that belong to the repair itself, for example an agent. */
  role: 'self-healing.role',
  /** On every clone: the id it was cloned from. Compose does not look at it. */
  clonedFrom: 'self-healing.cloned-from',
  /** Of the image: the engine gives a container the labels of its image. */
  imageTitle: 'org.opencontainers.image.title',
} as const;

export type Labels = Readonly<Record<string, string>>;

/** A container without labels has none: some engines send null. Nothing that an object inherits is a label. */
export const labelOf = (of: Labels | null | undefined, name: string): string | undefined =>
  of && Object.hasOwn(of, name) ? of[name] : undefined;

/** A replica of a service, not a one-off (`compose run`), with the labels that compose itself asks for. */
export function isReplica(of: Labels): boolean {
  return (
    labelOf(of, labels.oneoff) === 'False' &&
    labelOf(of, labels.configHash) !== undefined &&
    labelOf(of, labels.service) !== undefined
  );
}

export const serviceOf = (of: Labels): string => labelOf(of, labels.service) ?? '';

export const isProtected = (of: Labels): boolean =>
  isTrue(labelOf(of, labels.protect)) ||
  isTrue(labelOf(of, labels.protected)) ||
  labelOf(of, labels.role) !== undefined;

/** What our Dockerfile calls the image of the bot and of its agent. */
export const isBotImage = (of: Labels): boolean => labelOf(of, labels.imageTitle) === 'observability-stack-alert-bot';

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === 'true';

/** A replica that the bot added. */
export const isClone = (of: Labels): boolean => labelOf(of, labels.clonedFrom) !== undefined;

/** The replica's number, 1 and up; 0 when the label is missing or not a number. */
export function replicaNumber(of: Labels): number {
  const number = Number.parseInt(labelOf(of, labels.number) ?? '', 10);
  return Number.isInteger(number) && number > 0 ? number : 0;
}
