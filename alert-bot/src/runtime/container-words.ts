import { duration } from '../runbooks/duration.ts';

/** What a container says by its labels about its own repair. It wins over the runbook. */
export interface ContainerWords {
  /** `restart`: as the runbook says; `notify`: a person is told and nothing is done; `none`: nothing at all. */
  action?: 'restart' | 'notify' | 'none';
  /** Rest after a success. */
  cooldownMs?: number;
  /** Attempts before it is left alone. */
  attempts?: number;
}

export interface ReadWords {
  words: ContainerWords;
  /** What is wrong with labels that cannot be used, in words: the runbook's value holds for them. */
  problems: string[];
}

const prefix = 'self-healing.';
const actions = ['restart', 'notify', 'none'] as const;
const maxAttempts = 20;

/** Reads `self-healing.action`, `self-healing.cooldown` and `self-healing.attempts`. */
export function readWords(labels: Readonly<Record<string, string>>): ReadWords {
  const words: ContainerWords = {};
  const problems: string[] = [];
  const read = (name: string, take: (text: string) => string | undefined) => {
    const text = Object.hasOwn(labels, prefix + name) ? (labels[prefix + name] as string).trim() : undefined;
    const problem = text === undefined ? undefined : take(text);
    if (problem) problems.push(`${prefix}${name}=${JSON.stringify(text?.slice(0, 50))} ${problem}`);
  };
  read('action', (text) => {
    const action = actions.find((known) => known === text.toLowerCase());
    if (!action) return 'must be restart, notify or none';
    words.action = action;
    return undefined;
  });
  read('cooldown', (text) => {
    const parsed = duration.safeParse(text);
    if (!parsed.success) return parsed.error.issues[0]?.message;
    words.cooldownMs = parsed.data;
    return undefined;
  });
  read('attempts', (text) => {
    const attempts = /^\d{1,3}$/.test(text) ? Number(text) : 0;
    if (attempts < 1 || attempts > maxAttempts) return `must be a whole number from 1 to ${maxAttempts}`;
    words.attempts = attempts;
    return undefined;
  });
  return { words, problems };
}
