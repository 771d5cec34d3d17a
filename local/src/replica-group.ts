import { createHash } from 'node:crypto';
import type { ManagedProcess } from './managed-process.ts';

export interface LocalReplica {
  /** 64 hex digits, like a container's: the same as long as the replica exists. */
  id: string;
  /** `<project>-worker-2`, as compose would call it. */
  name: string;
  number: number;
  /** `host:port` as in Prometheus' `instance` label. */
  addresses: readonly string[];
  process: ManagedProcess;
}

export interface ReplicaGroup {
  service: string;
  optedIn: boolean;
  /** Never touched by the bot, whatever it asks for. */
  protected: boolean;
  /** Why there can only be one. */
  notScalable?: string;
  /** Lowest number first. */
  replicas: LocalReplica[];
  /** Makes one more, not started yet. */
  create(number: number): Promise<LocalReplica>;
}

/** An id that no other replica has had. */
export const replicaId = (name: string): string =>
  createHash('sha256').update(`${name} ${process.pid} ${process.hrtime.bigint()}`).digest('hex');

/** A part that the bot never touches. */
export function protectedGroup(service: string, replica: LocalReplica): ReplicaGroup {
  const create = () => Promise.reject(new Error(`${service} is never scaled`));
  return { service, optedIn: false, protected: true, notScalable: 'is protected', replicas: [replica], create };
}
