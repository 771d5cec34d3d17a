/** What a value from a file is, or undefined when it is something else. */
export type Reader<T> = (value: unknown) => T | undefined;
/** One for each field, so that the compiler asks for those of a field that is new. */
export type FieldReaders<T> = { readonly [K in keyof Required<T>]: Reader<Exclude<T[K], undefined>> };
type Fields<T> = { [K in keyof Required<T>]: Exclude<T[K], undefined> | undefined };

/** Every field is there, in the order of the readers: copies of objects of one shape are several times cheaper. */
export function readFields<T>(readers: FieldReaders<T>, value: unknown): Fields<T> {
  const from = recordOf(value);
  const fields = {} as Fields<T>;
  for (const name in readers) fields[name] = readers[name](Object.hasOwn(from, name) ? from[name] : undefined);
  return fields;
}

export const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

export const text: Reader<string> = (value) => (typeof value === 'string' ? value : undefined);
export const finite: Reader<number> = (value) => (Number.isFinite(value) ? (value as number) : undefined);
export const count: Reader<number> = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
export const flag: Reader<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

export const oneOf =
  <T extends string>(words: readonly T[]): Reader<T> =>
  (value) =>
    words.includes(value as T) ? (value as T) : undefined;

/** What of the list can be read. */
export const listOf =
  <T>(reader: Reader<T>): Reader<readonly T[]> =>
  (value) =>
    Array.isArray(value) ? value.map(reader).filter((item) => item !== undefined) : undefined;

/** Names and values, as labels are. */
export const texts: Reader<Readonly<Record<string, string>>> = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  for (const name in value) if (typeof (value as Record<string, unknown>)[name] !== 'string') return undefined;
  return value as Record<string, string>;
};
