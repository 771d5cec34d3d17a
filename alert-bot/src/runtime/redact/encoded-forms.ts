/** The value, and as it is written in addresses, in JSON, in JSON in JSON, in hexadecimal and inside of base64. */
export function encodedForms(value: string): string[] {
  const json = quoted(value);
  const uri = encodeUri(value);
  return [
    value,
    uri,
    uri.replaceAll('%20', '+'),
    uri.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    json,
    quoted(json),
    Buffer.from(value).toString('hex'),
    ...base64Forms(value),
  ];
}

const quoted = (value: string) => JSON.stringify(value).slice(1, -1);

function encodeUri(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value; // half a character has no form in an address
  }
}

/** `user:password` is encoded as one: the password then begins at any of three places in a group of letters. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
    const first = shift === 0 ? 0 : shift + 1; // letters that also hold bits of what stands before
    const whole = Math.floor((bytes.length * 8) / 6); // and behind
    const text = bytes.toString('base64').slice(first, whole);
    return text.length < 8 ? [] : [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
