export interface NewTransaction {
  accountId: string;
  /** Decimal string with two decimals. */
  amount: string;
  currency: string;
  description: string;
}

const currencies = ['EUR', 'USD', 'GBP', 'CHF', 'SEK'] as const;
const descriptions = ['card payment', 'subscription', 'invoice', 'transfer', 'refund reserve'] as const;
const accounts = 1_000;

/** Plausible transactions; the same `random` gives the same ones. Amounts from 0.01 to about 1,000, most of them small. */
export function simulateTransactions(count: number, random: () => number): NewTransaction[] {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  return Array.from({ length: count }, () => ({
    accountId: `acct-${String(1 + Math.floor(random() * accounts)).padStart(4, '0')}`,
    amount: (0.01 + 1_000 * random() ** 3).toFixed(2),
    currency: pick(currencies),
    description: pick(descriptions),
  }));
}
