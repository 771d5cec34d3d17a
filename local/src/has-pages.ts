/** What Debian's Alertmanager answers at `/` instead of its application. */
const apology = /does not include a web\s+application/;

/**
 * Whether a browser finds pages at `url`. Debian builds Prometheus and Alertmanager without them: the API is there, `/` is not found
 * or says so. What does not answer (yet) counts as having pages.
 */
export async function hasPages(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const text = await response.text();
    return response.status !== 404 && !apology.test(text);
  } catch {
    return true;
  }
}
