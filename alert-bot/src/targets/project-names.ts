import * as z from 'zod';
import { isProjectName } from './target-name.ts';

const message =
  'must be names of compose projects with commas between them, - for containers outside of compose, or * for all that opted in';

/** `PROJECTS`: where else than in the home project the bot may act. */
export const projectNames = () =>
  z
    .string({ error: message })
    .transform((value) => [...new Set(value.split(/[\s,]+/).filter((name) => name !== ''))])
    .refine((names) => names.every((name) => name === '*' || isProjectName(name)), message)
    .default([]);
