import type { Delivery } from '../alerts/alert.ts';
import type { MissedEvents } from '../incidents/events-since.ts';
import type { RepairWindow } from '../incidents/repair-stats.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { Replica } from '../runtime/runtime.ts';
import type { IntakeResult } from './healer.ts';

/** What the console shows beside incidents and status. Nothing of it touches anything. */
export interface HealerViews {
  /** Repairs of the last 24 hours, 7 and 30 days. */
  repairs(): RepairWindow[];
  services(): Promise<ServicesView>;
  runbooks(): RunbookView[];
  /** What the bot would answer to this delivery now, with its memory as it is. */
  simulate(delivery: Delivery): Promise<IntakeResult[]>;
  /** What a reader of the stream has missed. */
  since(seq: number): Promise<MissedEvents>;
  /** Of the last event in the log; -1 when there is none. */
  lastSeq(): number;
  /** Steps and looks of the incident's repair, as far as this process saw them. */
  progress(incident: string): readonly Progress[];
  /** Called with every step and look as it happens: they are not in the log. Returns the unsubscribe function. */
  onProgress(listener: (progress: Progress) => void): () => void;
}

/** One step of an action, or one look of a verification. */
export interface Progress {
  incident: string;
  /** RFC 3339. */
  at: string;
  kind: 'step' | 'look';
  text: string;
}

export type ReplicaView = Omit<Replica, 'addresses' | 'names' | 'optedIn' | 'service'> & {
  /** Without the page cache; absent while it is not measured. `limitMiB` is null without a limit. */
  memory?: { usedMiB: number; limitMiB: number | null };
};

export interface ServiceView {
  /** Its text: `api`, `shop/web`, `-/web`. */
  target: string;
  /** Null while the home project is not known. */
  project: string | null;
  service: string;
  replicas: ReplicaView[];
  optedIn: boolean;
  protected: boolean;
  /** Somebody is making, replacing or removing its containers: in words. */
  changing: string | null;
  /** Runbooks that act on it. */
  runbooks: string[];
  /** Null when no runbook acts on it. */
  attempts: { left: number; max: number; withinSeconds: number } | null;
  rest: { kind: 'cooldown' | 'backoff'; until: string } | null;
  quarantine: { since: string; attempts: number } | null;
  /** The incident that has it for itself now. */
  active: string | null;
}

export interface ServicesView {
  /** The home project. */
  project: string | null;
  /** Where else the bot may act; `*` is wherever a container opted in. */
  projects: readonly string[];
  /** RFC 3339; null when the container engine does not answer. */
  observedAt: string | null;
  services: ServiceView[];
}

export interface RunbookView {
  name: string;
  mode: Runbook['mode'];
  /** As it is written, perhaps with label names in braces. */
  target: string;
  action: Runbook['action'];
  onResolved: Runbook['onResolved'] | null;
  limits: Runbook['limits'];
  verify: { withinMs: number; stableMs: number; healthTimeoutMs: number };
  /** Its lines in the file. */
  source: string;
}
