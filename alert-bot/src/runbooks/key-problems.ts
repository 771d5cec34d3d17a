import { type Document, isAlias, isNode, isScalar, visit } from 'yaml';

export interface KeyProblem {
  offset: number;
  message: string;
}

/**
 * Keys that are there twice, of which only one would count; keys that are no plain text; and `__proto__`: the schema would pass
 * over it in silence, and a runbook with one condition less matches more alerts.
 */
export function keyProblems(document: Document): KeyProblem[] {
  const problems: KeyProblem[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<string | undefined>();
      for (const { key } of items) {
        const name = nameOf(key, document);
        const offset = (isNode(key) ? key.range?.[0] : undefined) ?? 0;
        if (name === undefined) problems.push({ offset, message: 'a key must be plain text' });
        else if (seen.has(name)) problems.push({ offset, message: 'Map keys must be unique' });
        if (name === '__proto__') problems.push({ offset, message: '"__proto__" cannot be a key' });
        seen.add(name);
      }
    },
  });
  return problems;
}

/** As JavaScript writes it: `1` and `"1"` are one key there. */
function nameOf(key: unknown, document: Document): string | undefined {
  const node = isAlias(key) ? key.resolve(document) : key;
  return isScalar(node) ? String(node.value) : undefined;
}
