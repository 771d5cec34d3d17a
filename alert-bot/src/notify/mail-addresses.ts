/** An address as mail servers know it; the part before the @ may not be quoted. */
const mailbox = String.raw`[A-Za-z0-9.!#$%&'*+/=?^_\x60{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?`;
/** Words, or quoted words, before the address in angle brackets. Anything that could begin a header or a list is left out. */
const name = String.raw`(?:"[^"\\\p{Cc}]*"|[^"<>,;:@()\[\]\\\p{Cc}]*)`;
const one = ` *(?:${mailbox}|${name} *<${mailbox}>) *`;

const oneAddress = new RegExp(`^${one}$`, 'u');
const someAddresses = new RegExp(`^${one}(?:,${one})*$`, 'u');
const longest = 2_000;

/** `bot@example.org` or `Alert bot <bot@example.org>`. */
export const isMailAddress = (text: string): boolean => text.length <= longest && oneAddress.test(text);

/** One address, or several with commas between them. */
export const areMailAddresses = (text: string): boolean => text.length <= longest && someAddresses.test(text);
