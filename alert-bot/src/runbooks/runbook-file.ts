import * as z from 'zod';
import { templateProblem } from '../targets/target-template.ts';
import { duration } from './duration.ts';
import { patternProblem } from './matcher.ts';

const target = z
  .string()
  .max(500)
  .superRefine((text, context) => {
    const problem = templateProblem(text);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({
    description:
      "a service of the bot's own project, project/service, or -/container; a label name in braces stands for a whole segment: {project}/{service}",
  });
const count = z.int().min(1).max(100);

const matcher = z
  .string()
  .max(500)
  .superRefine((text, context) => {
    const problem = patternProblem(text);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ description: 'the exact value, or =~ and a regular expression for the whole value' });

const restart = z.strictObject({
  restart: target,
  replica: z.enum(['all', 'instance']).default('all').meta({
    description:
      'all: one replica after the other; instance: only the one that the label `instance` of the alert names',
  }),
});

const scale = z
  .strictObject({
    scale: target,
    to: count.optional().meta({ description: 'the wanted number of replicas' }),
    step: count.optional().meta({ description: 'or: so many more than there are' }),
    min: count.default(1),
    max: count,
  })
  .refine(({ to, step }) => (to === undefined) !== (step === undefined), { error: 'needs either `to` or `step`' })
  .refine(({ scale: text }) => !text.startsWith('-/'), {
    error: 'a container outside of compose projects cannot be scaled',
    path: ['scale'],
  })
  .refine(({ min, max, to = min }) => min <= to && to <= max, { error: 'needs min ≤ to ≤ max', path: ['to'] });

/** What bounds the bot. Every number can be set for all runbooks under `defaults` and again for one runbook. */
export const limits = z.strictObject({
  cooldown: duration.optional().meta({ description: 'rest after a success; default 60s' }),
  backoff: z
    .strictObject({ initial: duration, max: duration })
    .optional()
    .meta({ description: 'rest after an attempt that did not help, doubled each time; default 60s up to 10m' }),
  attempts: z
    .strictObject({ max: z.int().min(1).max(20), within: duration })
    .optional()
    .meta({ description: 'then the service is left alone and a person is called; default 3 within 30m' }),
  relapse: duration.optional().meta({
    description:
      'the same alert on the same target so soon after `healed` makes that attempt a failed one; default 10m',
  }),
});

const verify = z.strictObject({
  within: duration.optional().meta({ description: 'deadline for healthy and alert gone; default 3m' }),
  healthTimeout: duration.optional().meta({ description: 'for one replica to become healthy; default 90s' }),
  stable: duration.optional().meta({
    description:
      'how long healthy and alert gone must last, seen at two looks at least, to count as healed; default 15s',
  }),
});

const mode = z.enum(['observe', 'approve', 'auto']).meta({
  description: 'observe: only say what would be done; approve: ask a person first; auto (the default): do it',
});

const runbook = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'must be lower case letters, digits and dashes' }),
    match: z
      .record(z.string().min(1), matcher)
      .refine((labels) => Object.keys(labels).length > 0, { error: 'must name at least one label' }),
    mode: mode.optional(),
    action: z.union([restart, scale], { error: 'must be {restart: SERVICE} or {scale: SERVICE, to: N, max: N}' }),
    heldByPerson: z.enum(['leave', 'repair']).default('leave').meta({
      description:
        'leave: a replica that a person stopped or paused keeps the bot off the service; repair: it is restarted like any other',
    }),
    limits: limits.optional(),
    verify: verify.optional(),
    onResolved: z
      .strictObject({ to: count, after: duration.optional().meta({ description: 'default 1m' }) })
      .optional()
      .meta({ description: 'scale back when the alert is over' }),
  })
  .refine(({ onResolved, action }) => !onResolved || 'scale' in action, {
    error: 'only makes sense with a scale action',
    path: ['onResolved'],
  });

/** The content of `runbooks.yml`. */
export const runbookFile = z
  .strictObject({
    version: z.literal(1),
    defaults: limits
      .extend({
        mode: mode.optional().meta({ description: 'of the runbooks that do not say it themselves; default auto' }),
        verify: verify.optional(),
        budget: z
          .strictObject({ actions: z.int().min(0).max(1_000), within: duration })
          .optional()
          .meta({ description: 'actions over all services; default 20 within 1h' }),
      })
      .optional(),
    runbooks: z.array(runbook).max(500),
  })
  .superRefine(({ runbooks }, context) => {
    const names = runbooks.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      context.addIssue({ code: 'custom', message: `"${name}" is already taken`, path: ['runbooks', index, 'name'] });
    }
  })
  .meta({ title: 'Runbooks of the alert bot' });

export type RunbookFile = z.infer<typeof runbookFile>;
export type RunbookEntry = RunbookFile['runbooks'][number];
