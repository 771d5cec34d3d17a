// A process of its own that writes to an incident log until it is killed. Prints every acknowledged number.
import { openIncidentLog } from '../../src/incidents/incident-log.ts';

const [path = '', maxBytes] = process.argv.slice(2);
const log = await openIncidentLog({
  path,
  memory: { apply: () => undefined, snapshot: () => [] },
  now: Date.now,
  maxArchives: 100_000,
  ...(maxBytes ? { maxBytes: Number(maxBytes) } : {}),
});
process.stdout.write('open\n');
let n = 0;
const caller = async () => {
  for (;;) {
    const mine = n++;
    await log.append([
      { at: new Date().toISOString(), incident: null, type: 'resumed', by: `writer ${mine}` },
      { at: new Date().toISOString(), incident: null, type: 'resumed', by: `writer ${mine} again` },
    ]);
    process.stdout.write(`${mine}\n`);
  }
};
for (let callers = 0; callers < 20; callers++) void caller();
