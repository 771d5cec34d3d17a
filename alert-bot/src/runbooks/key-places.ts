/** Where in `runbooks.yml` each key belongs, for who wrote it elsewhere. */
export const keyPlaces: ReadonlyMap<string, string> = new Map([
  ['version', 'at the top'],
  ['defaults', 'at the top'],
  ['runbooks', 'at the top'],
  ['mode', 'under `defaults` or in a runbook'],
  ['verify', 'under `defaults` or in a runbook'],
  ['cooldown', 'under `defaults`, or under `limits` of a runbook'],
  ['backoff', 'under `defaults`, or under `limits` of a runbook'],
  ['attempts', 'under `defaults`, or under `limits` of a runbook'],
  ['relapse', 'under `defaults`, or under `limits` of a runbook'],
  ['budget', 'under `defaults`'],
  ['name', 'in a runbook'],
  ['match', 'in a runbook'],
  ['action', 'in a runbook'],
  ['heldByPerson', 'in a runbook'],
  ['limits', 'in a runbook'],
  ['onResolved', 'in a runbook'],
  ['restart', 'under `action`'],
  ['replica', 'under `action`'],
  ['scale', 'under `action`'],
  ['step', 'under `action`'],
  ['min', 'under `action`'],
  ['to', 'under `action` or `onResolved`'],
  ['after', 'under `onResolved`'],
  ['healthTimeout', 'under `verify`'],
  ['stable', 'under `verify`'],
  ['within', 'under `verify`, `attempts` or `budget`'],
  ['initial', 'under `backoff`'],
  ['max', 'under `backoff`, `attempts` or `action`'],
  ['actions', 'under `budget`'],
]);

/** What is wrong with keys that are not known where they stand. */
export function describeUnknownKeys(keys: readonly string[]): string {
  const sentences = keys.map((key) => {
    const place = keyPlaces.get(key);
    return place === undefined ? `Unrecognized key: "${key}"` : `"${key}" does not belong here but ${place}`;
  });
  return sentences.join('; ');
}
