import { alertInputs, panelExpressions, recordedExpressions } from '../stack-expressions.ts';
import { findUntruths } from '../truth.ts';

// npm run truth -w @stack/prometheus -- [http://localhost:9090]: what rules and panels read and a running stack does not have.
// Traffic must have flowed for a minute, and some server errors with it.
const url = process.argv[2] ?? 'http://localhost:9090';
const expressions = [...recordedExpressions(), ...alertInputs(), ...panelExpressions().always];
const untruths = await findUntruths(url, expressions);
for (const { where, expr, problem } of untruths) console.log(`${where}: ${problem}\n  ${expr.trim()}`);
console.log(`${expressions.length - untruths.length} of ${expressions.length} expressions have series`);
process.exitCode = untruths.length === 0 ? 0 : 1;
