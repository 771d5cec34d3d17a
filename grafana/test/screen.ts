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

/** Pixels of the characters of Grafana's typeface, Inter at 14 px in the weight of titles. */
const widths: readonly (readonly [pixels: number, characters: string])[] = [
  [4, " !',.:;Iijl"],
  [5, '()/[\\]`frt|'],
  [6, '1{}'],
  [7, '"*-?^_'],
  [8, '57EFJLacehknsuvxyz'],
  [9, '#$&+0234689<=>BPRSTZbdgopq~'],
  [10, 'ACDHKUVXY'],
  [11, 'GNOQ'],
  [12, 'mw'],
  [13, 'M'],
  [14, '%@W'],
];
const widthOf = new Map(
  widths.flatMap(([pixels, characters]) => [...characters].map((each) => [each, pixels] as const)),
);

export const textWidth = (text: string): number => [...text].reduce((sum, each) => sum + (widthOf.get(each) ?? 14), 0);

/** What is left for a title beside the "i" of the description and the margins. */
export const titleSpace = (columns: number, screen: number): number => panelWidth(columns, screen) - 16 - 24;

/** The controls above a dashboard: what is beside them in the same line is the time and the refresh. */
export const controlSpace = (screen: number): number => screen - besides - 330;
/** Labels above the dashboard are smaller than titles. */
const labelWidth = (text: string): number => (textWidth(text) * 12) / 14;
export const variableControl = (label: string, value: string): number => labelWidth(label) + textWidth(value) + 70;
export const switchControl = (label: string): number => labelWidth(label) + 60;
export const menuControl = (label: string): number => textWidth(label) + 60;
