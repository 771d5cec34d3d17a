import type { IncidentSummary } from '../../src/healer/healer.ts';

export interface Part {
  name: 'detect' | 'act' | 'verify';
  seconds: number;
  /** It still runs. */
  running: boolean;
}

/** How long each part of a repair took: until the bot knew, until it was done, until it was judged. Of the last attempt. */
export function partsOf({ startsAt, receivedAt, attempt, phase }: IncidentSummary, now: number): Part[] {
  const [began, known] = [Date.parse(startsAt), Date.parse(receivedAt)];
  const parts: Part[] = [part('detect', began, known)];
  if (!attempt) return parts;
  const acted = attempt.actedAt === null ? undefined : Date.parse(attempt.actedAt);
  const judged = attempt.verifiedAt === null ? undefined : Date.parse(attempt.verifiedAt);
  parts.push({ ...part('act', known, acted ?? now), running: acted === undefined && phase === 'acting' });
  if (acted !== undefined)
    parts.push({ ...part('verify', acted, judged ?? now), running: judged === undefined && phase === 'verifying' });
  return parts;
}

const part = (name: Part['name'], from: number, to: number): Part => ({
  ...{ name, seconds: Math.max(0, (to - from) / 1_000), running: false },
});

export const totalOf = (parts: readonly Part[]): number => parts.reduce((sum, { seconds }) => sum + seconds, 0);
