import { marked, Renderer } from 'marked';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{border-top:1px solid #ddd;padding-top:1rem}code,pre{background:#f4f4f4;border-radius:4px;padding:.1em .3em}pre{padding:.8em;overflow:auto}
table{border-collapse:collapse}td,th{border:1px solid #ddd;padding:.3em .6em;text-align:left}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}code,pre{background:#2a2a2a}td,th,h2{border-color:#444}a{color:#8ab4f8}}`;

/** The anchor of a heading, as `runbook_url` names it: lower case, words joined by `-`. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w]+/g, '-')
    .replace(/^-|-$/g, '');

/** Turns RUNBOOK.md into the page that `runbook_url` of every alert points to. */
export function renderRunbookPage(markdown: string): string {
  const renderer = new Renderer();
  renderer.heading = function heading({ tokens, depth, text }) {
    return `<h${depth} id="${anchor(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
  };
  const body = marked.parse(markdown, { renderer, async: false });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Runbook</title><style>${style}</style><body>${body}</body></html>`;
}
