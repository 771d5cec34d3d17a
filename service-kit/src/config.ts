import { readFileSync } from 'node:fs';
import * as z from 'zod';

/** An environment as `process.env` is: injected, so that tests bring their own. */
export type Env = Record<string, string | undefined>;

/** What is wrong with the configuration: every problem, each with its variable and what to do. Exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

const secretSchemas = new WeakSet<z.ZodType>();

/**
 * Reads the variables named by `shape` from `env`. An empty value counts as unset, because that is what compose passes
 * for `NAME=`. A secret may come as `NAME` or, with its value in a file, as `NAME_FILE`.
 * @throws ConfigError with every problem at once; values of secrets are never repeated.
 */
export function loadConfig<Shape extends z.ZodRawShape>(shape: Shape, env: Env): z.infer<z.ZodObject<Shape>> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  // One by one: an object of them all would first be compiled, 3 ms of a start for a single use.
  for (const [name, schema] of Object.entries(shape) as [string, z.ZodType][]) {
    const known = problems.length;
    const value = readVariable(name, secretSchemas.has(schema), env, problems);
    const parsed = schema.safeParse(value);
    if (parsed.data !== undefined) values[name] = parsed.data;
    const [issue] = parsed.error?.issues ?? [];
    if (issue && problems.length === known) problems.push(describe(name, value, schema, issue));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as z.infer<z.ZodObject<Shape>>;
}

function readVariable(name: string, secret: boolean, env: Env, problems: string[]): string | undefined {
  const direct = env[name] || undefined;
  const file = secret ? env[`${name}_FILE`] || undefined : undefined;
  if (file === undefined) return direct;
  if (direct !== undefined) {
    problems.push(`${name}: is set together with ${name}_FILE. Set only one of them.`);
    return direct;
  }
  return readSecretFile(name, file, problems);
}

function readSecretFile(name: string, file: string, problems: string[]): string | undefined {
  try {
    const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (content !== '') return content;
    problems.push(`${name}: the file named by ${name}_FILE, ${file}, is empty. Put the secret into it.`);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    problems.push(
      `${name}: cannot read ${file}, named by ${name}_FILE (${reason}). Check the path and its permissions.`,
    );
  }
  return undefined;
}

function describe(name: string, given: string | undefined, schema: z.ZodType, issue: z.core.$ZodIssue): string {
  const isSecret = secretSchemas.has(schema);
  if (given === undefined) return `${name}: is required${isSecret ? ` (or ${name}_FILE)` : ''}: ${issue.message}.`;
  return `${name}: ${issue.message}${isSecret ? '' : `, not ${JSON.stringify(given)}`}.`;
}

/** A whole number in a closed range; `unit` is told in the error. */
export function integer(range: { min: number; max: number; unit?: string; fallback?: number }) {
  const { min, max, unit, fallback } = range;
  const message = `must be a whole number${unit ? ` of ${unit}` : ''} from ${min} to ${max}`;
  const schema = z
    .string({ error: message })
    .regex(/^-?\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
  return fallback === undefined ? schema : schema.default(fallback);
}

/** A TCP port; 0 lets the system choose. */
export const port = (fallback: number) => integer({ min: 0, max: 65_535, fallback });

/** `true` or `false`, in any case; also 1 and 0. */
export function boolean(fallback: boolean) {
  const message = 'must be true or false';
  return z
    .string({ error: message })
    .regex(/^(true|false|1|0)$/i, message)
    .transform((value) => /^(true|1)$/i.test(value))
    .default(fallback);
}

/** One of a closed set of words. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words, fallback: Words[number]) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` }).default(fallback as never);
}

/** Free text, for example a host name or a path. */
export const text = (fallback: string) => z.string().default(fallback);

/** A name, perhaps with `*` for all below it, or an IPv6 address in brackets. */
const hostName = /^(\*|\[[0-9a-f:.]+\]|(\*\.)?[a-z0-9_]([\w-]*[a-z0-9_])?(\.[a-z0-9_]([\w-]*[a-z0-9_])?)*)$/i;

/** Host names, separated by commas or spaces: allowed-hosts.ts says what they mean. */
export function hostNames() {
  const message =
    'must be host names without port, separated by commas, for example bot.example.org,*.internal.example.org';
  return z
    .string({ error: message })
    .transform((value) => value.split(/[\s,]+/).filter((name) => name !== ''))
    .refine((names) => names.every((name) => hostName.test(name)), message)
    .default([]);
}

export const optionalText = () => z.string().optional();

/** An http(s) or unix address; `undefined` when unset. */
export function optionalUrl(protocols: readonly string[] = ['http:', 'https:']) {
  const message = `must be an address that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`;
  const isAllowed = (value: string) => URL.canParse(value) && protocols.includes(new URL(value).protocol);
  return z.string({ error: message }).refine(isAllowed, message).optional();
}

/** Where browsers reach a service: scheme, host and port without a path, as an `Origin` header has it. */
export function optionalOrigin() {
  const message =
    'must be scheme and host, with a port if need be and without a path, for example https://bot.example.org';
  return z
    .string({ error: message })
    .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value) && isBareOrigin(new URL(value)), message)
    .transform((value) => new URL(value).origin)
    .optional();
}

const isBareOrigin = ({ pathname, search, hash, username }: URL) =>
  pathname === '/' && search === '' && hash === '' && username === '';

/** A required secret, also accepted as NAME_FILE; `remedy` completes the sentence "NAME: is required: …". */
export function secret(remedy: string, check: (value: string) => boolean = () => true) {
  const schema = z.string({ error: remedy }).refine(check, remedy);
  secretSchemas.add(schema);
  return schema;
}

/** A secret that may be left out, also accepted as NAME_FILE. */
export function optionalSecret(remedy = 'must be text', check: (value: string) => boolean = () => true) {
  const schema = z.string({ error: remedy }).refine(check, remedy).optional();
  secretSchemas.add(schema);
  return schema;
}

/** `DATABASE_URL` (or `DATABASE_URL_FILE`): a PostgreSQL connection string. */
export function databaseUrl() {
  const remedy = 'must be a PostgreSQL address, for example postgres://app:password@localhost:5432/transactions';
  return secret(remedy, (value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol));
}

/** The variables that every service has. */
export const commonVariables = (defaultPort: number) => ({
  HOST: text('0.0.0.0'),
  PORT: port(defaultPort),
  ALLOWED_HOSTS: hostNames(),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
});
