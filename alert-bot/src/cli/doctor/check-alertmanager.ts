import { fieldOf, textOf } from '../../verify/json.ts';
import type { SourceAddress } from '../../verify/source-address.ts';
import { createAsked, remedyFor } from './ask.ts';
import { type Finding, ok, problem, skipped } from './finding.ts';
import { judgeRoutes } from './judge-routes.ts';

export interface BotAddress {
  /** Names under which the bot can be reached: its service, its container, its aliases. */
  hosts: readonly string[];
  hasToken: boolean;
}

/** Whether Alertmanager answers, and whether its configuration brings alerts to the bot and still to people. */
export async function checkAlertmanager(address: SourceAddress | undefined, bot: BotAddress): Promise<Finding[]> {
  if (!address)
    return [
      skipped('alertmanager', 'ALERTMANAGER_URL is not set: silences are not known, and no alert comes from there'),
    ];
  const url = address.url.href;
  const answer = await createAsked('alertmanager', address).ask('api/v2/status', []);
  if (!answer.ok)
    return [
      problem(
        'alertmanager',
        `${url} does not answer as Alertmanager does: ${answer.error}`,
        remedyFor('ALERTMANAGER', answer.error),
      ),
    ];
  const text = textOf(fieldOf(fieldOf(answer.body, 'config'), 'original'));
  if (text === undefined) return [skipped('alertmanager', `${url} does not show its configuration`)];
  const findings = judgeRoutes(text, bot);
  return findings.length > 0 ? findings : [ok('alertmanager', `${url} sends alerts to the bot`)];
}
