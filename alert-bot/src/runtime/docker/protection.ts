import type { NamedTarget } from '../../targets/target-name.ts';
import { isBotImage, isProtected, labels } from './compose-labels.ts';
import type { ContainerInspect, ContainerSummary } from './engine-types.ts';
import { isStoreImage } from './image-role.ts';
import { isOptedIn, isOptedInByName } from './opt-in.ts';
import { commandOf } from './own-container.ts';
import type { ProjectScope } from './project-scope.ts';

/** Names in the home project. In other projects a name says nothing: there the image and the labels speak. */
export const defaultProtectedServices = ['alert-bot', 'alert-bot-agent', 'prometheus', 'alertmanager', 'db'] as const;

/**
 * Why a target is never touched, or undefined: it is the bot itself (or another part of it), it notices the fault or holds the
 * data, or it asks to be left alone. One replica that is protected protects its service.
 * @param seen the inspections of the replicas, as far as they are still there
 */
export function findProtection(
  scope: ProjectScope,
  { project, service }: NamedTarget,
  replicas: readonly ContainerSummary[],
  seen: readonly ContainerInspect[],
): string | undefined {
  if (project === scope.home && scope.protectedServices.includes(service)) return 'by its name';
  if (replicas.some(({ Id }) => Id === scope.ownContainerId)) return 'it is the bot itself';
  if (replicas.some(({ Labels }) => isProtected(Labels))) return 'by its label';
  if (replicas.some(({ Labels }) => isBotImage(Labels))) return 'it is an alert bot or its agent';
  if (seen.some((container) => isOtherPartOfBot(scope, container))) return 'it is another part of the bot';
  const store = seen.find(
    ({ Config }) => isStoreImage(Config.Image) && !isOptedInByName(Config.Labels, service, scope),
  );
  return store && `by its image ${store.Config.Image}; opt in with the label ${labels.enable}=${service}`;
}

/** Another bot, or its agent. The same image alone says little: one image may hold all services of a project. */
function isOtherPartOfBot({ ownImageId, ownCommand }: ProjectScope, container: ContainerInspect): boolean {
  if (ownImageId === undefined || container.Image !== ownImageId) return false;
  const command = commandOf(container);
  return command.includes('agent') || (command.length > 0 && command.join('\0') === ownCommand?.join('\0'));
}

/** All replicas must have opted in: one that has not is a container that nobody asked us to touch. */
export const isServiceOptedIn = (
  scope: ProjectScope,
  { service }: Pick<NamedTarget, 'service'>,
  replicas: readonly ContainerSummary[],
): boolean => replicas.length > 0 && replicas.every(({ Labels }) => isOptedIn(Labels, service, scope));
