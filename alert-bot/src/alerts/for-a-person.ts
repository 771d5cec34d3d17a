/** Alerts of the container engine that no restart cures. A runbook that matches one of them has the word. */
const names: ReadonlySet<string> = new Set(['ContainerCrashLooping', 'ContainerOOMKilled', 'ManyContainersUnhealthy']);

export const isForAPerson = (labels: Readonly<Record<string, string>>): boolean =>
  names.has(labels['alertname'] ?? '') && (labels['container'] !== undefined || labels['containers'] !== undefined);
