import { type Labels, labelOf, labels } from './compose-labels.ts';

/** What opts a container in beside our own label: the name in `OPT_IN_LABEL`. */
export interface OptIn {
  optInLabel?: string | undefined;
}

/** Our own label has the last word where it is there: `self-healing.enable=false` beside `autoheal=true` is a no. */
function wordOf(of: Labels, { optInLabel }: OptIn): string | undefined {
  return labelOf(of, labels.enable) ?? (optInLabel === undefined ? undefined : labelOf(of, optInLabel));
}

/** `true`, or the service's own name, which is asked of databases and their like. */
export function isOptedIn(of: Labels, service: string, optIn: OptIn): boolean {
  return wordOf(of, optIn)?.toLowerCase() === 'true' || isOptedInByName(of, service, optIn);
}

/** Words that say yes or no, also on a service that is called so. */
const answers: ReadonlySet<string> = new Set(['', 'true', 'yes', 'on', '1', 'false', 'no', 'off', '0']);

export const isOptedInByName = (of: Labels, service: string, optIn: OptIn): boolean =>
  !answers.has(service.toLowerCase()) && wordOf(of, optIn) === service;

/** How to opt in, for messages. */
export const optInHint = ({ optInLabel }: OptIn): string =>
  `the label ${labels.enable}=true${optInLabel === undefined || optInLabel === labels.enable ? '' : ` or ${optInLabel}=true`}`;
