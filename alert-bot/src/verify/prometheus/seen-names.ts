const maxNames = 2_000;

/** The names of alerts that were seen to have a rule, the latest ones: names are outside input. */
export function createSeenNames() {
  const names = new Set<string>();
  return {
    has: (name: string) => names.has(name),
    add: (name: string) => {
      names.delete(name);
      names.add(name);
      if (names.size > maxNames) names.delete(names.values().next().value as string);
    },
  };
}
