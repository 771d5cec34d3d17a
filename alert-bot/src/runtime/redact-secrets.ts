import { redactAddresses } from './redact/addresses.ts';
import { redactEnvironment } from './redact/environment.ts';
import { redactKeyBlocks } from './redact/key-blocks.ts';
import { redactNamedValues } from './redact/named-values.ts';
import { redactTokens } from './redact/tokens.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const invisible = /\u001b\[[0-9;]{0,50}[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/**
 * Replaces secrets in text that is about to leave the engine: values of the container's variables whose names sound secret, as they
 * are and as they are usually written, and what looks like a credential by its form or by its name. Colours and control characters
 * go first, because a secret with a colour in its middle is a secret again when the colour is taken out. Redaction is a net, not a
 * proof: an application should not log its secrets. Give it whole text: what was cut in the middle of a secret is harder to see.
 * @param env the container's `NAME=value` list; it never leaves this function
 */
export function redactSecrets(text: string, env: readonly string[] = []): string {
  const plain = text.replace(invisible, '');
  return [redactKeyBlocks, redactAddresses, redactNamedValues, redactTokens].reduce(
    (redacted, redact) => redact(redacted),
    redactEnvironment(plain, env),
  );
}
