/** The disk did not take it; nothing of the batch is in the log. */
export class LogUnwritable extends Error {
  override readonly name: string = 'LogUnwritable';
}

/** The log is another bot's now, or its lock was deleted: nothing of it may be touched any more. */
export class LogLost extends LogUnwritable {
  override readonly name = 'LogLost';

  constructor() {
    super('another alert bot has taken over the incident log, or its lock file was deleted or replaced');
  }
}
