import { targetOfContainer } from '../runtime/docker/container-target.ts';
import * as optIn from '../runtime/docker/opt-in.ts';
import type { Surveyed } from './survey.ts';

/** The name that `self-healing.enable` may have instead of `true`. */
export const serviceNameOf = ({ service, name }: Surveyed): string => service ?? name;

export const isOptedIn = (one: Surveyed, settings: optIn.OptIn): boolean =>
  optIn.isOptedIn(one.labels, serviceNameOf(one), settings);

export const isOptedInByName = (one: Surveyed, settings: optIn.OptIn): boolean =>
  optIn.isOptedInByName(one.labels, serviceNameOf(one), settings);

/** The text that a runbook has for it: `service` in the home project, else `project/service`, or `-/name`. */
export const targetOf = (one: Surveyed, home: string | undefined): string | undefined =>
  targetOfContainer(one.labels, one.name, home ?? '-')?.target;
