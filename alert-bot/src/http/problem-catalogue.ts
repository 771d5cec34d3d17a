import { commonProblems } from '@stack/service-kit/problems';

/** Every problem that the bot answers with. */
export const alertBotProblems = {
  ...commonProblems,
  conflict: { status: 409, title: 'The incident is not in a state that allows this' },
  log_unavailable: { status: 503, title: 'The incident log cannot take this now' },
  stopping: { status: 503, title: 'The bot is stopping' },
} as const;
