import GithubSlugger from 'github-slugger';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';

/** What a Markdown page promises: headings to link to, links that must lead somewhere, commands that must work. */
export interface MarkdownPage {
  /** The anchors of its headings, as GitHub makes them. */
  anchors: ReadonlySet<string>;
  /** Targets of links and pictures, in the order of the page. */
  links: readonly string[];
  /** Commands of shell blocks and of code in a sentence, one a line, continuation lines joined. */
  commands: readonly string[];
}

const shellLanguages = new Set(['sh', 'bash', 'shell', 'console']);
/** Code in a sentence is a command when it begins with one of these and has more than one word. */
const programs = /^(?:npm|npx|node|docker|curl|git|\.ci\/run|alert-bot) \S/;

/** Reads a Markdown page. Never throws: what is no Markdown is text. */
export function readMarkdown(text: string): MarkdownPage {
  const slugger = new GithubSlugger();
  const anchors = new Set<string>();
  const links: string[] = [];
  const commands: string[] = [];
  const visit = (token: Token) => {
    if (token.type === 'heading') anchors.add(slugger.slug(plainText(token as Tokens.Heading)));
    if (token.type === 'link' || token.type === 'image') links.push((token as Tokens.Link).href);
    if (token.type === 'html') links.push(...htmlLinks((token as Tokens.HTML).text));
    if (token.type === 'code') commands.push(...blockCommands(token as Tokens.Code));
    if (token.type === 'codespan' && programs.test((token as Tokens.Codespan).text))
      commands.push((token as Tokens.Codespan).text);
  };
  walkTokens(lexer(text), visit);
  return { anchors, links, commands };
}

/** A heading without its marks: `code` and **bold** are only words in an anchor. */
function plainText({ tokens }: Pick<Tokens.Heading, 'tokens'>): string {
  const words: string[] = [];
  walkTokens(tokens, (token) => {
    if ('tokens' in token && token.tokens) return;
    words.push((token as Tokens.Text).text ?? '');
  });
  return words.join('');
}

const htmlLinks = (html: string): string[] =>
  [...html.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].flatMap(([, target]) => target ?? []);

/** In a `console` block only what follows the prompt is typed; the rest is the answer. */
function blockCommands({ lang = '', text }: Tokens.Code): string[] {
  if (!shellLanguages.has(lang)) return [];
  const joined = text.replaceAll(/\s*\\\n\s*/g, ' ').split('\n');
  const typed =
    lang === 'console' ? joined.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2)) : joined;
  return typed
    .map((line) => line.replace(/\s+#\s.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
