import type { AlertmanagerTestimony } from '../testimony.ts';

interface Sighting {
  /** When the alert would have ended without a further word, of Alertmanager's clock. */
  endsAt: number;
  /** Start time of the Alertmanager that had it. */
  process: string | undefined;
  /** Its absence was seen before `endsAt`: its sender has ended it. */
  ended?: true;
}

const maxAlerts = 10_000;

/** Remembers which alerts an Alertmanager has shown, the latest ones, to judge what it means that one is not there. */
export function createKnownAlerts() {
  const sightings = new Map<string, Sighting>();
  return {
    seen: (fingerprint: string, sighting: Sighting) => {
      sightings.delete(fingerprint);
      sightings.set(fingerprint, sighting);
      if (sightings.size > maxAlerts) sightings.delete(sightings.keys().next().value as string);
    },
    /** `at`: of Alertmanager's clock. */
    absent: (fingerprint: string, now: { at: number; process: string | undefined }): AlertmanagerTestimony => {
      const sighting = sightings.get(fingerprint);
      const absent = (detail: string): AlertmanagerTestimony => ({ state: 'absent', detail: `Alertmanager ${detail}` });
      if (!sighting) return absent('has not shown this alert before');
      if (now.process === undefined || sighting.process !== now.process)
        return absent('was restarted since it had this alert');
      if (!sighting.ended && !(now.at < sighting.endsAt)) return absent('has let this alert run out of time');
      sighting.ended = true;
      return { state: 'ended', detail: 'Alertmanager was told that the alert is over' };
    },
  };
}
