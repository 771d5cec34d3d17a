import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// What everything else needs comes first, what disturbs everything comes last; between them the order of the alphabet.
const first = ['everything-becomes-healthy', 'containers-are-locked-down', 'every-service-exposes-its-signals'];
const last = ['engine-restart-loses-nothing', 'down-leaves-nothing'];

/** Runs the scenarios in the same order every time. */
export class PromiseOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId));
  }
}

function rank(file: TestSpecification): number {
  const name = basename(file.moduleId, '.test.ts');
  if (first.includes(name)) return first.indexOf(name) - first.length;
  return last.indexOf(name) + 1;
}
