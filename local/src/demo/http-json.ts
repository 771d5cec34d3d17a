export interface RequestOptions {
  method?: string;
  body?: unknown;
  token?: string | undefined;
  timeoutMs?: number;
}

/**
 * Asks for JSON.
 * @throws Error that names the address and what came instead
 */
export async function requestJson<Body>(url: string, options: RequestOptions = {}): Promise<Body> {
  const { method = 'GET', body, token, timeoutMs = 5_000 } = options;
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(url, {
    method,
    headers,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error: Error & { cause?: { code?: string } }) => {
    throw new Error(`${url} does not answer (${error.cause?.code ?? error.message})`, { cause: error });
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Body;
  throw new Error(`${method} ${url} answered ${response.status}: ${problemText(text)}`);
}

/** The point of a problem+json answer, with the fields that are wrong. */
function problemText(text: string): string {
  try {
    const {
      title,
      detail,
      errors = [],
    } = JSON.parse(text) as {
      title?: string;
      detail?: string;
      errors?: { path?: string; message?: string }[];
    };
    return [detail ?? title, ...errors.map(({ path, message }) => `${path ?? ''} ${message ?? ''}`.trim())].join('; ');
  } catch {
    return text.slice(0, 200);
  }
}
