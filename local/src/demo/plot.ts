import { escapeHtml } from './escape-html.ts';

export interface Plot {
  title: string;
  points: readonly { at: number; value: number | undefined }[];
  colour: string;
  /** A line that must not be crossed. */
  limit?: { value: number; text: string };
  /** Whole numbers that jump. */
  step?: boolean;
  spans: readonly { from: number; to: number; title: string }[];
  moments: readonly { at: number; text: string }[];
}

const width = 900;
const height = 170;
const left = 52;
const bottom = 22;
const top = 10;

/** One plot as inline SVG: the values over the seconds since the first sample. */
export function renderPlot(plot: Plot): string {
  const { points, limit, title, colour, spans, moments, step } = plot;
  const from = points[0]?.at ?? 0;
  const to = Math.max(from + 1_000, points.at(-1)?.at ?? 0);
  const highest = Math.max(limit ? limit.value * 1.25 : 1, ...points.map(({ value }) => value ?? 0));
  const ticks = ticksUpTo(highest);
  const most = ticks.at(-1) ?? 1;
  const x = (at: number) => round(left + ((at - from) / (to - from)) * (width - left - 8));
  const y = (value: number) => round(top + (1 - value / most) * (height - top - bottom));
  const inside = (at: number) => at >= from && at <= to;

  const shades = spans.map(
    ({ from: begin, to: end, title: what }) =>
      `<rect class="broken" x="${x(Math.max(begin, from))}" y="${top}" width="${round(Math.max(0, x(Math.min(end, to)) - x(Math.max(begin, from))))}" height="${height - top - bottom}"><title>${escapeHtml(what)}</title></rect>`,
  );
  const grid = ticks.map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${width - 8}" y1="${y(value)}" y2="${y(value)}"/><text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  );
  const seconds = secondTicks((to - from) / 1_000)
    .map((s) => ({ s, at: x(from + s * 1_000) }))
    .filter(({ at }) => at < width - 20) // half of the last one would be cut off
    .map(({ s, at }) => `<text x="${at}" y="${height - 6}" text-anchor="middle">${s} s</text>`);
  const marks = moments
    .filter(({ at }) => inside(at))
    .map(
      ({ at, text }) =>
        `<line class="moment" x1="${x(at)}" x2="${x(at)}" y1="${top}" y2="${height - bottom}"><title>${escapeHtml(text)}</title></line>`,
    );
  const line = limit
    ? `<line class="limit" x1="${left}" x2="${width - 8}" y1="${y(limit.value)}" y2="${y(limit.value)}"/><text class="limit" x="${width - 12}" y="${y(limit.value) - 4}" text-anchor="end">${escapeHtml(limit.text)}</text>`
    : '';
  const path = pathOf(points, x, y, step ?? false);
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">
${[...shades, ...grid, ...seconds, ...marks, line].join('\n')}
<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>
</svg></figure>`;
}

function pathOf(
  points: Plot['points'],
  x: (at: number) => number,
  y: (value: number) => number,
  isStep: boolean,
): string {
  let previous: number | undefined;
  const parts = points.flatMap(({ at, value }) => {
    if (value === undefined) {
      previous = undefined;
      return [];
    }
    const move = previous === undefined ? `M${x(at)} ${y(value)}` : '';
    const jump = isStep && previous !== undefined ? `L${x(at)} ${y(previous)}` : '';
    previous = value;
    return [move || `${jump}L${x(at)} ${y(value)}`];
  });
  return parts.join('');
}

/** Four or so round numbers from 0 to above `highest`. */
export function ticksUpTo(highest: number): number[] {
  const rough = highest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough) ?? rough);
  return Array.from({ length: Math.ceil(highest / size) + 1 }, (_, index) => index * size);
}

function secondTicks(total: number): number[] {
  const size = [5, 10, 15, 30, 60, 120, 300].find((step) => total / step <= 12) ?? 600;
  return Array.from({ length: Math.floor(total / size) + 1 }, (_, index) => index * size);
}

const round = (value: number) => Math.round(value * 10) / 10;
