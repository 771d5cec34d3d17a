import { readFileSync } from 'node:fs';
import { shortenRules } from '../shorten-rules.ts';

// npm run shorten-rules -w @stack/prometheus -- alert.rules.yml [factor]
const [file, factor] = process.argv.slice(2);
if (!file || (factor !== undefined && !(Number(factor) >= 1))) {
  console.error('usage: shorten-rules FILE [FACTOR], where FACTOR is a number from 1 up; prints the shortened rules');
  process.exitCode = 2;
} else {
  process.stdout.write(
    shortenRules(readFileSync(file, 'utf8'), factor === undefined ? {} : { factor: Number(factor) }),
  );
}
