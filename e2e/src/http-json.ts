export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  body: Body;
}

/** One request with a JSON body, answered within 10 s. A non-JSON answer is returned as text. */
export async function requestJson<Body = unknown>(
  url: string,
  {
    method = 'GET',
    body,
    token,
    timeoutMs = 10_000,
  }: { method?: string; body?: unknown; token?: string | undefined; timeoutMs?: number } = {},
): Promise<Answer<Body>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, {
    method,
    headers,
    signal,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parse(text) as Body };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
