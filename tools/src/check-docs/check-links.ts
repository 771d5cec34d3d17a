import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { MarkdownPage } from './read-markdown.ts';

/**
 * Links to files of the repository that are not there, and to headings that no page has. Addresses of other sites are not asked:
 * a check must not depend on a network.
 * @param pages by their path from the repository's root
 * @returns one sentence for each problem, with the page's path
 */
export function findBrokenLinks(root: string, pages: ReadonlyMap<string, MarkdownPage>): string[] {
  return [...pages].flatMap(([path, { links }]) =>
    links.flatMap((link) => {
      const why = whyBroken(root, pages, path, link);
      return why === undefined ? [] : [`${path}: the link ${link} ${why}`];
    }),
  );
}

function whyBroken(
  root: string,
  pages: ReadonlyMap<string, MarkdownPage>,
  from: string,
  link: string,
): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined;
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), decodeURIComponent(file)));
  if (target.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(root, target))) return 'leads to a file that does not exist';
  if (anchor === undefined || anchor === '') return undefined;
  const page = pages.get(target.replace(/\/$/, ''));
  if (!page) return statSync(join(root, target)).isDirectory() ? 'names a heading of a folder' : undefined;
  return page.anchors.has(anchor) ? undefined : `names a heading that ${target} does not have`;
}
