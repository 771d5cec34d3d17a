import {
  DurationInHoursMinutesSeconds,
  DurationSeconds,
  LocaleFormat,
  NoUnit,
  PercentUnit,
  Seconds,
  String as text,
} from '@grafana/grafana-foundation-sdk/units';

/** One unit for each kind of number; README.md has the table. A test holds every panel to them. */

/** How many there are: 37,412 and not 37.4 K. */
export const count = LocaleFormat;
/** From 0 to 1, shown as 0 to 100 %. */
export const share = PercentUnit;
/** Latencies and other durations under a minute: 4.2 ms, 12.3 s. Longer ones would read "1.67 mins". */
export const seconds = Seconds;
/** Durations that may take minutes: 00:01:40. */
export const clock = DurationInHoursMinutesSeconds;
/** Durations of hours or days, with `decimals: 1`: "1 day, 4 hours". Shorter ones would read "12 seconds, 0 milliseconds". */
export const duration = DurationSeconds;
/** Durations on an axis that may take minutes: 100 s. */
export const plainSeconds = 'suffix:s';
/** Events per second; the axis or the title says of what. */
export const perSecond = 'suffix:/s';
/** CPU cores in use. */
export const cores = 'suffix:cores';
/** Names and numbers that are names, such as ids and status codes. */
export const name = text;
/** How many times as much: burn rates. */
export const times = 'suffix:×';
/** Numbers without a unit, such as the load average, and states that `mappings` name. */
export const plain = NoUnit;
