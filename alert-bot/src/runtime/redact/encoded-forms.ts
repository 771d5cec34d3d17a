/** The value, and as it is written in addresses, in JSON, in JSON in JSON, in hexadecimal and inside of base64. */
export function encodedForms(value: string): string[] {
  const json = quoted(value);
  return [
    value,
    ...addressForms(value),
    json,
    quoted(json),
    json.replaceAll('/', '\\/'), // PHP
    json.replace(/[&<>]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`), // Go
    Buffer.from(value).toString('hex'),
    ...base64Forms(value),
  ];
}

/** Libraries differ in what they leave as it is, in spaces and in the size of letters. */
function addressForms(value: string): string[] {
  const whole = encodeOr(encodeURIComponent, value);
  const strict = whole.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const kept = [whole, strict, encodeOr(encodeURI, value)].flatMap((form) => [form, form.replaceAll('%2F', '/')]);
  return [...new Set(kept)].flatMap((form) => [
    form,
    form.replaceAll('%20', '+'),
    form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  ]);
}

const quoted = (value: string) => JSON.stringify(value).slice(1, -1);

function encodeOr(encode: (text: string) => string, value: string): string {
  try {
    return encode(value);
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
