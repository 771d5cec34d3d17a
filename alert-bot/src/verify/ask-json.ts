/** Fetches JSON from a neighbour. Undefined on any failure: it is not there, too slow, or does not speak our language. */
export async function askJson(url: URL, timeoutMs: number): Promise<unknown> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: 'application/json' },
    });
    if (response.ok) return await response.json();
    await response.body?.cancel();
  } catch {
    // unreachable is an answer of its own
  }
  return undefined;
}

/** `path` below a base address that may have a path of its own (`--web.external-url`). */
export function endpoint(base: string, path: string, query: Record<string, string>): URL {
  const url = new URL(path, base.endsWith('/') ? base : `${base}/`);
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
  return url;
}

/** Answers the same question from memory for a moment: a storm of incidents of one alert is one question. */
export function remembered<T>(ask: (key: string) => Promise<T>, forMs: number): (key: string) => Promise<T> {
  const answers = new Map<string, { at: number; answer: Promise<T> }>();
  return (key) => {
    const known = answers.get(key);
    const now = performance.now();
    if (known && now - known.at < forMs) return known.answer;
    for (const [old, { at }] of answers) if (now - at >= forMs) answers.delete(old);
    const answer = ask(key);
    answers.set(key, { at: now, answer });
    return answer;
  };
}
