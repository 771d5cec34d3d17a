import type { DemoOptions } from './demo-options.ts';
import { startOwnStack } from './own-stack.ts';
import { findStack, type StackAccess } from './stack-access.ts';

/** The stack of the demo, and how to leave it: one that runs goes on, one that was started for it ends. */
export interface ChosenStack {
  stack: StackAccess;
  stop(): Promise<void>;
}

/**
 * A compose stack is taken with whatever timings it has, because a reader with Docker wants to see Docker; a local one only when it
 * has the timings that were asked for.
 */
export async function chooseStack(
  { timing, own }: Pick<DemoOptions, 'timing' | 'own'>,
  env: NodeJS.ProcessEnv,
  tell: (line: string) => void,
): Promise<ChosenStack> {
  const running = own ? undefined : await findStack(env);
  const fits = running && (timing === 'any' || running.fast === (timing === 'fast'));
  if (running && (fits || running.kind === 'compose')) {
    tell(`using the ${running.kind} stack that runs at ${running.api}; watch the bot at ${running.alertBot}`);
    if (!fits) tell(`${otherTimings(running)}; --own starts a local one beside it`);
    return { stack: running, stop: async () => {} };
  }
  if (running) tell(`the ${running.kind} stack that runs has other timings: starting one beside it`);
  else tell(own ? 'starting a local stack' : 'no stack runs: starting a local one');
  const stack = await startOwnStack({ fast: timing !== 'real', env }, tell);
  const stop = async () => {
    tell('stopping the stack');
    await stack.stop();
  };
  return { stack, stop };
}

/** Rules and runbooks of a compose stack are mounted into it: the demo does not change them. */
const otherTimings = ({ fast }: StackAccess) =>
  fast ? 'it has seconds for minutes' : 'it has the shipped timings, so each fault takes two to three minutes';
