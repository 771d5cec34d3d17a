import { useEffect, useReducer } from 'preact/hooks';
import type { HealerStats, IncidentSummary } from '../../src/healer/healer.ts';
import type { Progress, ServicesView } from '../../src/healer/views.ts';
import type { RepairWindow } from '../../src/incidents/repair-stats.ts';
import type { Links } from './links.ts';

/** `lost` says since when, because what the page shows is from then. */
export type Connection = { state: 'connecting' } | { state: 'live' } | { state: 'lost'; since: number };

export interface State {
  connection: Connection;
  /** The bot's clock minus the reader's, in milliseconds. */
  clockOffsetMs: number;
  status: HealerStats | undefined;
  /** Open incidents, newest first, as many as one page shows. */
  open: IncidentSummary[] | undefined;
  recent: IncidentSummary[] | undefined;
  /** Fires, and the bot does nothing more about it. */
  left: IncidentSummary[];
  windows: RepairWindow[] | undefined;
  services: ServicesView | undefined;
  links: Links;
  /** Steps and looks by incident, as the stream told them. */
  progress: ReadonlyMap<string, readonly Progress[]>;
  /** Why the token is asked for; undefined when it is not. */
  tokenAsked: 'missing' | 'wrong' | undefined;
  /** What could not be read, in words. */
  problem: string | undefined;
  /** Events were missed and cannot be made up for. */
  gapAt: number | undefined;
  /** For readers that do not see the page change. */
  announcement: string;
}

export const state: State = {
  connection: { state: 'connecting' },
  clockOffsetMs: 0,
  status: undefined,
  open: undefined,
  recent: undefined,
  left: [],
  windows: undefined,
  services: undefined,
  links: {},
  progress: new Map(),
  tokenAsked: undefined,
  problem: undefined,
  gapAt: undefined,
  announcement: '',
};

const listeners = new Set<() => void>();
let scheduled = false;
/** Counts the changes that were told. */
let told = 0;

/** Changes what is shown. Changes of one moment are shown together. */
export function set(change: Partial<State>): void {
  Object.assign(state, change);
  if (scheduled) return;
  scheduled = true;
  setTimeout(() => {
    scheduled = false;
    told += 1;
    for (const listener of listeners) listener();
  }, 30);
}

/** Renders the component again whenever the state changes. */
export function useStore(): State {
  const [, render] = useReducer((n: number) => n + 1, 0);
  const seen = told;
  useEffect(() => {
    const listener = () => render(undefined as never);
    listeners.add(listener);
    if (told !== seen) listener(); // a change between this rendering and now had nobody to tell
    return () => void listeners.delete(listener);
  }, []);
  return state;
}

/** The bot's time now. */
export const botNow = (): number => Date.now() + state.clockOffsetMs;

export const isPaused = (paused: { until: string } | null): boolean =>
  paused !== null && Date.parse(paused.until) > botNow();

/** Renders again every second, for clocks that run. */
export function useSecond(): number {
  const [now, tick] = useReducer(() => botNow(), botNow());
  useEffect(() => {
    const timer = setInterval(() => tick(undefined as never), 1_000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(now, botNow() - 1_000);
}
