// Prints the failed tests of a vitest JSON report, each with its file and the first lines of its message, so that the end of a long log says what failed.
// An unreadable report prints nothing: count-tests.mjs has already said so.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const LINES_OF_A_MESSAGE = 12;
const [report] = process.argv.slice(2);

const indent = (text) =>
  text
    .split('\n')
    .slice(0, LINES_OF_A_MESSAGE)
    .map((line) => `      ${line}`)
    .join('\n');

function readResults() {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return [];
  }
}

for (const { name, status, message, assertionResults } of readResults()) {
  const file = relative(process.cwd(), name);
  if (status === 'failed' && assertionResults.length === 0) console.log(`  ${file}\n${indent(message ?? '')}`);
  for (const test of assertionResults.filter((result) => result.status === 'failed')) {
    console.log(`  ${file} > ${test.fullName}\n${indent(test.failureMessages.join('\n'))}`);
  }
}
