import { useEffect, useState } from 'preact/hooks';

export interface Place {
  view: 'now' | 'incidents' | 'incident' | 'services' | 'unknown';
  id?: string;
  query: URLSearchParams;
}

/** Which view an address means. */
export function placeOf({ pathname, search }: { pathname: string; search: string }): Place {
  const query = new URLSearchParams(search);
  const [root, view = 'now', id, ...more] = pathname.split('/').filter((part) => part !== '');
  if (root === undefined) return { view: 'now', query };
  if (root !== 'ui' || more.length > 0) return { view: 'unknown', query };
  if (view === 'incidents' && id !== undefined) return { view: 'incident', id: decode(id), query };
  if (id === undefined && (view === 'now' || view === 'incidents' || view === 'services')) return { view, query };
  return { view: 'unknown', query };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const moved = 'console:moved';

export function go(href: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  window.dispatchEvent(new Event(moved));
}

/** The view of the address bar. */
export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location));
  useEffect(() => {
    const follow = () => setPlace(placeOf(location));
    for (const name of ['popstate', moved]) window.addEventListener(name, follow);
    return () => {
      for (const name of ['popstate', moved]) window.removeEventListener(name, follow);
    };
  }, []);
  return place;
}

/** Lets links within the console work without loading the page again; all others are the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = (event.target as Element | null)?.closest('a');
  if (link?.target !== '' || link.origin !== location.origin) return;
  if (link.pathname !== '/' && link.pathname !== '/ui' && !link.pathname.startsWith('/ui/')) return;
  event.preventDefault();
  go(link.pathname + link.search);
  window.scrollTo(0, 0);
  document.querySelector<HTMLElement>('main')?.focus();
}

export const incidentHref = (id: string): string => `/ui/incidents/${encodeURIComponent(id)}`;
