import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** Shows `texts[value]` in its colour instead of the number: `valueTexts({ 1: ['up', 'green'] })`. */
export const valueTexts = (texts: Record<string, readonly [text: string, color: string]>): ValueMapping[] => [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(texts).map(([value, [text, color]], index) => [value, { text, color, index }]),
    ),
  },
];

export const upOrDown = valueTexts({ 0: ['down', 'red'], 1: ['up', 'green'] });
