import { remembered } from '../remembered.ts';
import { createActiveAlerts } from './active-alerts.ts';
import type { RulesOfName, Unanswered } from './prometheus-api.ts';
import type { Rule } from './rules-answer.ts';

type Answer = readonly Rule[] | Unanswered;

const maxNames = 40;
/** In all: names are outside input, and proxies refuse a long address. */
const maxCharacters = 3_000;
const gatherMs = 2;

/** Asks for the rules of many names in one request: those that are asked for within the same moment. */
export function createBatch(
  ask: (names: readonly string[]) => Promise<Answer>,
  rememberMs: number,
): (name: string) => Promise<RulesOfName | Unanswered> {
  let gathered: { names: string[]; characters: number; answer: Promise<Map<string, Rule[]> | Unanswered> } | undefined;
  const gather = () => {
    const names: string[] = [];
    const answer = new Promise<void>((resolve) => setTimeout(resolve, gatherMs)).then(async () => {
      if (gathered?.names === names) gathered = undefined;
      return byName(await ask(names));
    });
    return { names, characters: 0, answer };
  };
  return remembered(async (name: string) => {
    const length = Buffer.byteLength(name);
    if (length > maxCharacters) return { error: 'the name of the alert is too long to ask for' };
    if (!gathered || gathered.names.length >= maxNames || gathered.characters + length > maxCharacters)
      gathered = gather();
    gathered.names.push(name);
    gathered.characters += length;
    const answer = await gathered.answer;
    if (!(answer instanceof Map)) return answer;
    const rules = answer.get(name) ?? [];
    const active = createActiveAlerts(rules.flatMap(({ alerts }) => alerts));
    return { rules, active, answeredAt: performance.now() };
  }, rememberMs);
}

function byName(answer: Answer): Map<string, Rule[]> | Unanswered {
  if (!isRules(answer)) return answer;
  const rules = new Map<string, Rule[]>();
  for (const rule of answer) {
    const same = rules.get(rule.name);
    if (same) same.push(rule);
    else rules.set(rule.name, [rule]);
  }
  return rules;
}

const isRules = (answer: Answer): answer is readonly Rule[] => Array.isArray(answer);
