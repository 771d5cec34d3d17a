/** The disk did not take it; nothing of the batch is in the log. */
export class LogUnwritable extends Error {
  override readonly name = 'LogUnwritable';
}
