import { parseArgs } from 'node:util';
import { detections, median } from '../replay/detections.ts';
import { expected } from '../replay/expected.ts';
import { faultKinds, planDays, planFaults, withoutCalm } from '../replay/plan-replay.ts';
import { createRandom } from '../replay/random.ts';
import { runReplay } from '../replay/run-replay.ts';

// npm run replay -w @stack/prometheus -- [--days 30] [--seed 1] [--every-second] [--times 6]
// Healthy days through every alert, which must page nobody; then each fault, with the time that its alert took. Needs prometheus and promtool.
const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    times: { type: 'string', default: '6' },
    'every-second': { type: 'boolean', default: false },
  },
});
const random = createRandom(Number(values.seed));
const days = planDays(Number(values.days), random);
const healthy = values['every-second'] ? days : withoutCalm(days);
const hours = (healthy.seconds / 3_600).toFixed(1);
console.log(`${values.days} healthy days, ${healthy.happenings.length} happenings, ${hours} hours evaluated`);
const pages = await runReplay(healthy, random);
for (const { alert, labels, from, to } of pages) {
  const cause = healthy.happenings.filter((happening) => happening.from <= from).at(-1);
  console.log(`PAGE: ${alert} ${JSON.stringify(labels)} from ${from} to ${to} s, after: ${cause?.kind ?? 'nothing'}`);
}
console.log(`${pages.length} pages`);

const faults = planFaults(Number(values.times), random);
const found = detections(faults.happenings, await runReplay(faults, random));
console.log('\n| fault | alert | seconds: median (least–most) | besides |\n| --- | --- | --- | --- |');
const medians = faultKinds.map((kind) => {
  const own = found.filter((each) => each.kind === kind);
  const seconds = own.map((each) => each.seconds ?? Number.POSITIVE_INFINITY);
  const others = [...new Set(own.flatMap((each) => each.others))].join(', ');
  const range = `${Math.min(...seconds)}–${Math.max(...seconds)}`;
  console.log(`| ${kind} | ${expected[kind].alert} | ${median(seconds)} (${range}) | ${others} |`);
  return median(seconds);
});
console.log(`\nmedian over the catalogue: ${median(medians)} s`);
process.exitCode = pages.length > 0 || medians.includes(Number.POSITIVE_INFINITY) ? 1 : 0;
