import { cutMark, leftOutName } from './cut-text.ts';

type Labels = Readonly<Record<string, string>>;

/** The value of a label, empty when there is none. The names come from outside: `constructor` is a name like any other. */
export const labelOf = (labels: Labels, name: string): string =>
  Object.hasOwn(labels, name) ? (labels[name] as string) : '';

/**
 * The value for a matcher, or undefined when it is not known whole: the label was cut, or it may be among those that were left
 * out. A matcher that judged the rest of a value could say yes where the whole value says no.
 */
export function wholeLabelOf(labels: Labels, name: string): string | undefined {
  if (!Object.hasOwn(labels, name)) return Object.hasOwn(labels, leftOutName) ? undefined : '';
  const value = labels[name] as string;
  return value.endsWith(cutMark) ? undefined : value;
}

/** Only the labels that are known whole, for comparing with what others know of the alert. */
export const wholeLabels = (labels: Labels): Labels =>
  Object.fromEntries(
    Object.entries(labels).filter(([name, value]) => name !== leftOutName && !value.endsWith(cutMark)),
  );
