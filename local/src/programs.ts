import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findTools } from '@stack/prometheus/src/find-tools.ts';

/** What is not ours: the name of the part, what its program may be called, and what is lost without it. */
export const programs = {
  prometheus: { names: ['prometheus'], without: 'no metrics and no alerts, so nothing is repaired' },
  alertmanager: {
    names: ['alertmanager', 'prometheus-alertmanager'],
    without: 'alerts reach nobody, so nothing is repaired',
  },
  'node-exporter': { names: ['node_exporter', 'prometheus-node-exporter'], without: 'no metrics of this machine' },
  'blackbox-exporter': {
    names: ['blackbox_exporter', 'prometheus-blackbox-exporter'],
    without: 'no probes of the API from outside',
  },
  'postgres-exporter': {
    names: ['postgres_exporter', 'prometheus-postgres-exporter'],
    without: 'no metrics of PostgreSQL',
  },
  grafana: {
    names: ['grafana', 'grafana-server'],
    without: 'no dashboards; https://grafana.com/grafana/download has it',
  },
} as const;

export type ProgramName = keyof typeof programs;
export type FoundPrograms = Partial<Record<ProgramName, string>>;

/** Those on the PATH, else those in this project's cache. */
export function findPrograms(path: string): FoundPrograms {
  const found = Object.entries(programs).map(([part, { names }]) => [
    part,
    names.map((name) => onPath(name, path)).find(Boolean) ?? names.flatMap((name) => findTools(name))[0],
  ]);
  return Object.fromEntries(found.filter(([, program]) => program !== undefined));
}

/** Grafana has no Debian package, and the stack is whole without it. */
export const missingPrograms = (found: FoundPrograms): ProgramName[] =>
  (Object.keys(programs) as ProgramName[]).filter((name) => name !== 'grafana' && !found[name]);

function onPath(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** One line for each platform. */
export const howToGetPrograms = `How to get them:
  Debian 12, Ubuntu 24.04 or newer: sudo apt install prometheus prometheus-alertmanager prometheus-node-exporter prometheus-blackbox-exporter prometheus-postgres-exporter
  macOS: brew install prometheus alertmanager node_exporter, and the other exporters as below
  Windows: use WSL 2 and do as on Debian or Ubuntu
  anywhere: put the programs of https://prometheus.io/download/ and postgres_exporter on the PATH`;
