import { type Panel, RowBuilder, type RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { SizedPanel } from './panels/panel-spec.ts';

export const gridWidth = 24;

/** A titled section of a dashboard. */
export interface Section {
  title: string;
  panels: readonly SizedPanel[];
  /** Folded away until somebody asks for it: everything but the answer. */
  collapsed?: boolean;
}

interface Cursor {
  x: number;
  y: number;
  lineHeight: number;
}

/** Moves to the next line when `width` does not fit on this one. */
function wrap(cursor: Cursor, width: number): void {
  if (cursor.x + width <= gridWidth) return;
  cursor.x = 0;
  cursor.y += cursor.lineHeight;
  cursor.lineHeight = 0;
}

function place({ panel, width, height }: SizedPanel, id: number, cursor: Cursor): Panel {
  wrap(cursor, width);
  const gridPos = { x: cursor.x, y: cursor.y, w: width, h: height };
  cursor.x += width;
  cursor.lineHeight = Math.max(cursor.lineHeight, height);
  return { ...panel, id, gridPos };
}

/**
 * Gives every panel its place and its id: left to right, then down, each section under its title; a collapsed one holds its panels.
 * Ids are `section * 100 + position`, so that adding a panel changes the ids (and the links to them) of its own section only.
 */
export function layOut(sections: readonly Section[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let y = 0;
  for (const [index, { title, panels, collapsed = false }] of sections.entries()) {
    const id = (index + 1) * 100;
    const cursor: Cursor = { x: 0, y: y + 1, lineHeight: 0 };
    const inside = panels.map((panel, position) => place(panel, id + position + 1, cursor));
    const row = { ...new RowBuilder(title).build(), id, gridPos: { x: 0, y, w: gridWidth, h: 1 } };
    placed.push({ ...row, collapsed, panels: collapsed ? inside : [] });
    if (!collapsed) placed.push(...inside);
    y = collapsed ? y + 1 : cursor.y + cursor.lineHeight;
  }
  return placed;
}

const isRow = (panel: Panel | RowPanel): panel is RowPanel => panel.type === 'row';

/** All panels, those in collapsed sections too, without the rows. */
export const panelsIn = (placed: readonly (Panel | RowPanel)[]): Panel[] =>
  placed.flatMap((panel) => (isRow(panel) ? panel.panels : [panel]));
