import type { Load } from './deliver.ts';

export interface Case {
  what: string;
  load: Load;
  /** Ours ÷ the reference's, at least. */
  reachRate?: number;
  /** Of ours, at most. */
  reachP99Ms?: number;
}

const seconds = 1;

/** Single alerts and groups come from many groups at once; a whole storm is one group, from a pair of Alertmanagers. */
export const cases: readonly Case[] = [
  {
    what: '1 alert, 8 senders',
    load: { size: 1, senders: 8, repeats: false, seconds },
    reachRate: 0.7,
    reachP99Ms: 10,
  },
  { what: '1 alert, repeated', load: { size: 1, senders: 8, repeats: true, seconds }, reachRate: 0.7, reachP99Ms: 10 },
  { what: '100 alerts, 8 senders', load: { size: 100, senders: 8, repeats: false, seconds }, reachRate: 0.7 },
  { what: '100 alerts, repeated', load: { size: 100, senders: 8, repeats: true, seconds }, reachRate: 0.7 },
  { what: '10,000 alerts, 2 senders', load: { size: 10_000, senders: 2, repeats: false, seconds }, reachRate: 0.7 },
  { what: '10,000 alerts, repeated', load: { size: 10_000, senders: 2, repeats: true, seconds }, reachRate: 0.7 },
  { what: '10,000 alerts, 1 sender', load: { size: 10_000, senders: 1, repeats: false, seconds }, reachP99Ms: 250 },
];
