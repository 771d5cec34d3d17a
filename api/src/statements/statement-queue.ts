export interface StatementQueueOptions<Ask, Answer> {
  /** Answers all of them with one statement, in their order. */
  run(asks: readonly Ask[]): Promise<readonly Answer[]>;
  /** Statements at the same time; an ask that finds fewer under way is run at once, alone. */
  maxInFlight: number;
  /** Asks in one statement. */
  maxAsks: number;
  /** How long an ask waits for its statement to begin, in milliseconds: as long as for a connection of the pool. */
  maxWaitMs: number;
  /** Whether the statement failed because of one of its asks: then each is run alone, and only that one fails. */
  isAboutOneAsk?: (error: unknown) => boolean;
  /** Also begins a statement when none was answered for a tenth of `maxWaitMs`: one that hangs does not hold up the others. */
  overtakes?: boolean;
}

export interface StatementQueue<Ask, Answer> {
  /** Rejects with the error of the statement that it was part of, or when none could begin in time. */
  ask(ask: Ask): Promise<Answer>;
  /** How many wait for their statement to begin. */
  waiting(): number;
}

/** No statement could begin in time. */
export class NotBegun extends Error {
  override readonly name = 'NotBegun';
  /** Other asks of the same queue were answered meanwhile: there are too many, and the database is well. */
  readonly isBusy: boolean;
  constructor(isBusy: boolean) {
    super('timeout expired: no statement could begin');
    this.isBusy = isBusy;
  }
}

interface Waiting<Ask, Answer> {
  ask: Ask;
  since: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/**
 * Requests that come together share a statement: one that finds the database idle is run at once and alone; those that come
 * while earlier ones are under way go together in the next statement. A statement that was sent takes nobody in, so each answer
 * is from after its request came.
 */
export function createStatementQueue<Ask, Answer>(
  options: StatementQueueOptions<Ask, Answer>,
): StatementQueue<Ask, Answer> {
  const { maxInFlight, maxAsks, maxWaitMs, overtakes = false } = options;
  const lookMs = maxWaitMs / 10;
  const waiting: Waiting<Ask, Answer>[] = [];
  let inFlight = 0;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let patience: NodeJS.Timeout | undefined;

  async function work(): Promise<void> {
    inFlight += 1;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxAsks);
      const error = await answer(options, batch);
      if (error === undefined) answeredAt = performance.now();
      else for (const { reject, since } of batch) reject(hasBegun(error) ? error : new NotBegun(answeredAt > since));
    }
    inFlight -= 1;
  }

  /** A database that hangs keeps its statements until their timeout; the asks behind them do not wait as long. */
  function refuseLate(): void {
    const tooEarly = performance.now() - maxWaitMs;
    const firstInTime = waiting.findIndex(({ since }) => since > tooEarly);
    const late = waiting.splice(0, firstInTime === -1 ? waiting.length : firstInTime);
    for (const { reject, since } of late) reject(new NotBegun(answeredAt > since));
    patience = undefined;
    if (waiting.length === 0) return;
    watch();
    if (overtakes && performance.now() - answeredAt > lookMs) void work();
  }
  const watch = () => {
    if (patience) return;
    // in a process that was busy, answers of the database that have arrived come before anybody is refused
    patience = setTimeout(() => setImmediate(refuseLate), lookMs).unref();
  };

  const ask = (one: Ask) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ ask: one, since: performance.now(), resolve, reject });
      if (inFlight < maxInFlight) void work();
      else watch();
    });
  return { ask, waiting: () => waiting.length };
}

/** Resolves to nothing, or to the error that is to be told to all of them. */
async function answer<Ask, Answer>(
  options: StatementQueueOptions<Ask, Answer>,
  batch: readonly Waiting<Ask, Answer>[],
): Promise<unknown> {
  try {
    const answers = await options.run(batch.map(({ ask }) => ask));
    for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    return undefined;
  } catch (error) {
    if (batch.length === 1 || !options.isAboutOneAsk?.(error)) return error;
    await Promise.all(batch.map((one) => answerAlone(options, one))); // at once: each waits no longer than the pool lets it
    return undefined;
  }
}

async function answerAlone<Ask, Answer>(options: StatementQueueOptions<Ask, Answer>, one: Waiting<Ask, Answer>) {
  const error = await answer(options, [one]);
  if (error !== undefined) one.reject(error);
}

/** Not when the pool had no connection for it: pg-pool's message, and pg's own for a connection that took too long to open. */
const hasBegun = (error: unknown): boolean =>
  !(error instanceof Error && /timeout exceeded when trying to connect|due to connection timeout/.test(error.message));
