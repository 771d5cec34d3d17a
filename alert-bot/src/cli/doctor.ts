import type { Finding } from './doctor/finding.ts';
import { runDoctor } from './doctor/run-doctor.ts';

export const doctorUsage = `alert-bot doctor [--json]: is everything there that the bot needs? One line for each thing looked at; changes nothing

  docker compose exec alert-bot alert-bot doctor     in the bot's own container, so that it sees what the bot sees
  docker run --rm --user 0:1000 -v /var/run/docker.sock:/var/run/docker.sock IMAGE doctor

Looks at the engine, the projects, the labels, other healers, the runbooks, Prometheus, Alertmanager's route and token, and the log's volume.
  ok       good            warning  works, and you should know this
  problem  does not work   skipped  not looked at, and why
Behind the arrow stands the one thing to change.

Exit codes: 0 no problem, 1 at least one, 2 the command line is not usable.
`;

/** Prints what is wrong and how to mend it. Resolves to the exit code. */
export async function doctor(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const findings = await runDoctor(env);
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const lines = args.includes('--json')
    ? JSON.stringify({ ok: problems === 0, findings }, undefined, 2)
    : [...findings.map(line), summary(problems)].join('\n');
  process.stdout.write(`${lines}\n`);
  return problems === 0 ? 0 : 1;
}

const line = ({ level, check, text, remedy }: Finding): string =>
  `${level.padEnd(8)} ${check}: ${oneLine(text)}${remedy === undefined ? '' : ` -> ${oneLine(remedy)}`}`;

/** What an engine or a file says may have lines of its own. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

const summary = (problems: number): string =>
  problems === 0
    ? 'Everything that the bot needs is there.'
    : `${problems} ${problems === 1 ? 'problem' : 'problems'}.`;
