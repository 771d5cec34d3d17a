import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findMarks, type Mark, type Position } from './source-marks.ts';

/**
 * Stack traces of a bundle that name the source files. tools/build puts this first into every bundle; nothing imports it.
 * Node's own --enable-source-maps reads the map before the first line runs and keeps it: 70 to 120 ms of every start and 60 to 90 MB,
 * measured with Node 24. This reads it when the first stack is printed, and keeps nothing but the positions that were printed.
 */
Error.prepareStackTrace = (error, frames) => {
  const lines = describeFrames(frames);
  return [headline(error), ...lines].join('\n    at ');
};

/** `file:line:column` in the bundle → in the sources. Bounded by the code: only places that have thrown are in it. */
const known = new Map<string, string>();

function describeFrames(frames: NodeJS.CallSite[]): string[] {
  const own = frames.filter((frame) => frame.getFileName() === __filename && !known.has(placeOf(frame)));
  if (own.length > 0) learn(own);
  return frames.map((frame) => {
    const place = placeOf(frame);
    const origin = frame.getFileName() === __filename ? known.get(place) : undefined;
    return origin ? String(frame).replace(place, () => origin) : String(frame);
  });
}

const placeOf = (frame: NodeJS.CallSite) => `${__filename}:${frame.getLineNumber()}:${frame.getColumnNumber()}`;

/** Looks all these places up in one pass over the map. A stack trace must never fail: without a usable map they stay as they are. */
function learn(frames: readonly NodeJS.CallSite[]): void {
  try {
    const { sources, mappings } = JSON.parse(readFileSync(`${__filename}.map`, 'utf8')) as RawMap;
    const marks = findMarks(mappings, frames.map(positionOf));
    frames.forEach((frame, index) => {
      const mark = marks[index];
      if (mark) known.set(placeOf(frame), describeMark(mark, sources[mark.source] ?? '', frame));
    });
  } catch {
    for (const frame of frames) known.set(placeOf(frame), placeOf(frame));
  }
}

interface RawMap {
  sources: string[];
  mappings: string;
}

const positionOf = (frame: NodeJS.CallSite): Position => ({
  line: (frame.getLineNumber() ?? 1) - 1,
  column: (frame.getColumnNumber() ?? 1) - 1,
});

/** Of a package's file only the name is known (see tools/build): its line is the bundle's, which has the package's own source. */
function describeMark({ line, column }: Mark, source: string, frame: NodeJS.CallSite): string {
  const path = fileURLToPath(new URL(source, pathToFileURL(__filename)));
  const inPackages = path.lastIndexOf('/node_modules/');
  if (inPackages >= 0) return `${placeOf(frame)}, ${path.slice(inPackages + 1)}`;
  return `${path}:${line + 1}:${column + 1}`;
}

function headline(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'an error that cannot be printed';
  }
}
