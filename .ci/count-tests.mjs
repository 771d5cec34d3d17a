// Prints "<passed> <failed>" of a vitest JSON report. A missing, unreadable or empty report counts as one failure.
import { readFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
  const brokenFiles = testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.length === 0,
  );
  const failed = numFailedTests + brokenFiles.length;
  console.log(numPassedTests, numPassedTests + failed === 0 ? 1 : failed);
} catch (error) {
  console.error(`no test report: ${error.message}`);
  console.log(0, 1);
}
