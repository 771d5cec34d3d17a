import { gridWidth } from '../src/layout.ts';

/** Grafana's menu is open beside the dashboard from 1200 px on, and there are 16 px at either side. */
const besides = 300 + 2 * 16;
const gutter = 8;
/** A row of the grid with the gap below it. */
export const rowHeight = 38;

/** Pixels of a panel that is so many columns wide, on a screen of that width. */
export function panelWidth(columns: number, screen: number): number {
  const column = (screen - besides - (gridWidth - 1) * gutter) / gridWidth;
  return columns * column + (columns - 1) * gutter;
}

/** About what a text takes in Grafana's type at 14 px: wide letters and narrow ones. */
export const textWidth = (text: string): number =>
  [...text].reduce(
    (sum, letter) => sum + (/[MWmw%—]/.test(letter) ? 11.5 : /[ijlt.,:;'|1 ()/fr]/.test(letter) ? 4.5 : 7.8),
    0,
  );

/** What is left for a title beside the "i" of the description and the margins. */
export const titleSpace = (columns: number, screen: number): number => panelWidth(columns, screen) - 16 - 24;

/** The controls above a dashboard: what is beside them in the same line is the time and the refresh. */
export const controlSpace = (screen: number): number => screen - besides - 330;
export const variableControl = (label: string, value: string): number => textWidth(label) + textWidth(value) + 70;
export const switchControl = (label: string): number => textWidth(label) + 60;
export const menuControl = (label: string): number => textWidth(label) + 60;
