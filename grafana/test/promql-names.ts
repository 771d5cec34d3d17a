const words = new Set(
  'and or unless by without on ignoring group_left group_right bool offset inf nan start end atan2'.split(' '),
);

/**
 * The metric names in a PromQL expression. Not a parser: strings, matchers, windows and label lists are cut away, and what is
 * left is a name unless it is a word of the language or called as a function. Promtool checks the grammar.
 */
export function metricNames(expr: string): string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/gi, ' ');
  const names = [...bare.matchAll(/(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\s*\(|[\w:])/g)].map((match) => match[1]!);
  return [...new Set(names.filter((name) => !words.has(name.toLowerCase())))];
}
