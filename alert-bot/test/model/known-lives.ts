import type { Step } from './steps.ts';

/** Lives in which a promise was once broken, as short as they could be made. They are played before the random ones. */
export const knownLives: readonly (readonly Step[])[] = [
  // scaling back went below the number that the bot had found, and again and again
  [
    { do: 'stop', service: 'worker', index: 0 },
    { do: 'scale', service: 'worker', count: 2 },
  ],
  // after the clock was set back nothing was repaired
  [{ do: 'jump', seconds: -5_082 }],
  // the bot's own half-done stop counted as a person's
  [
    { do: 'engine fault', fault: 'lost_between' },
    { do: 'outside', service: 'closed', on: true },
    { do: 'advance', seconds: 92 },
  ],
  // the same, when the next attempt failed at once
  [
    { do: 'sicken', service: 'api', index: 1, curable: false },
    { do: 'engine fault', fault: 'lost_between' },
    { do: 'engine fault', fault: 'fails' },
    { do: 'advance', seconds: 50 },
    { do: 'database', down: false },
  ],
  // a person stopped a container a moment after a restart of it had failed, and the bot started it again
  [
    { do: 'engine fault', fault: 'fails' },
    { do: 'sicken', service: 'worker', index: 0, curable: false },
    { do: 'advance', seconds: 7 },
    { do: 'stop', service: 'worker', index: 0 },
    { do: 'advance', seconds: 20 },
    { do: 'by hand', alertname: 'WorkerBacklogHigh', agoSeconds: 0, resolved: false, noStart: false },
    { do: 'advance', seconds: 20 },
    { do: 'engine', down: false },
  ],
  // a clock that was set forward shortened the hold time
  [
    { do: 'sicken', service: 'api', index: 0, curable: true },
    { do: 'advance', seconds: 19 },
    { do: 'jump', seconds: 6 },
    { do: 'advance', seconds: 2 },
    { do: 'kill bot', downSeconds: 0, keepsUnacknowledged: false },
  ],
  // one late repetition, and the replicas were never scaled back
  [
    { do: 'load', workers: 3 },
    { do: 'advance', seconds: 9 },
    { do: 'prometheus', is: 'started' },
  ],
  // the clock was set back while the bot was down: what waited slept for as long
  [
    { do: 'engine', down: true },
    { do: 'kill', service: 'worker', index: 0 },
    { do: 'advance', seconds: 96 },
    { do: 'jump', seconds: -2_426 },
    { do: 'database', down: true },
    { do: 'restart bot' },
  ],
  // the same for what waited for an approval
  [
    { do: 'sicken', service: 'web', index: 0, curable: true },
    { do: 'advance', seconds: 125 },
    { do: 'jump', seconds: -7_114 },
  ],
  // and for a pause
  [
    { do: 'pause bot', minutes: 3 },
    { do: 'jump', seconds: -5_607 },
    { do: 'kill bot', downSeconds: 60, keepsUnacknowledged: true },
    { do: 'outside', service: 'api', on: true },
    { do: 'advance', seconds: 27 },
  ],
  // a scale-out that had begun was given back to the budget
  [
    { do: 'load', workers: 3 },
    { do: 'kill bot', downSeconds: 10, keepsUnacknowledged: true },
    { do: 'advance', seconds: 19 },
    { do: 'scale', service: 'worker', count: 2 },
    { do: 'kill bot', downSeconds: 10, keepsUnacknowledged: true },
  ],
  // the clock was set back during the start
  [
    { do: 'sicken', service: 'guarded', index: 2, curable: true, relapseSeconds: 32 },
    { do: 'engine', down: true },
    { do: 'advance', seconds: 28 },
    { do: 'restart bot' },
    { do: 'jump', seconds: -4_057 },
    { do: 'alertmanager', is: 'stopped' },
  ],
  // the bot and the engine died between the stop and the start of one restart
  [
    { do: 'engine fault', fault: 'lost_between' },
    { do: 'outside', service: 'api', on: true },
    { do: 'advance', seconds: 7 },
    { do: 'kill bot', downSeconds: 0, keepsUnacknowledged: true },
    { do: 'gap', service: 'api', seconds: 19 },
  ],
  // the engine died in a restart, and a scale-out of the same service went well afterwards
  [
    { do: 'alertmanager', is: 'stopped' },
    { do: 'load', workers: 2 },
    { do: 'engine fault', fault: 'lost_between' },
    { do: 'sicken', service: 'worker', index: 0, curable: false },
    { do: 'scale', service: 'worker', count: 2 },
    { do: 'advance', seconds: 14 },
    { do: 'alertmanager', is: 'started' },
    { do: 'advance', seconds: 79 },
  ],
];
