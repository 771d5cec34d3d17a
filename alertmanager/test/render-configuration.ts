import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { runTool } from '../../prometheus/src/run-tool.ts';

const script = join(import.meta.dirname, '../render.sh');
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
  folders.push(folder);
  return folder;
}

export interface Rendered {
  ok: boolean;
  output: string;
  folder: string;
  configFile: string;
  /** A file next to the configuration. */
  read(name: string): string;
}

/** Runs render.sh as the container does, with these variables and no others. */
export async function renderConfiguration(variables: Record<string, string>): Promise<Rendered> {
  const folder = join(temporaryFolder(), 'rendered');
  const env = { PATH: process.env['PATH'] ?? '', RENDER_DIR: folder, ...variables };
  const { ok, output } = await runTool('/bin/sh', [script, '--only'], env);
  const configFile = join(folder, 'config.yml');
  return { ok, output, folder, configFile, read: (name) => readFileSync(join(folder, name), 'utf8') };
}
