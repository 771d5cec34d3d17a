import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBrokenCommands } from './check-commands.ts';
import { findBrokenLinks } from './check-links.ts';
import { readKnown } from './read-known.ts';
import { readMarkdown } from './read-markdown.ts';

const root = join(import.meta.dirname, '../../..');
const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' });
const paths = listed.split('\n').filter(Boolean);
const pages = new Map(paths.map((path) => [path, readMarkdown(readFileSync(join(root, path), 'utf8'))]));
const problems = [...findBrokenLinks(root, pages), ...findBrokenCommands(pages, readKnown(root))];
for (const problem of problems) console.error(problem);
const commands = [...pages.values()].reduce((sum, page) => sum + page.commands.length, 0);
console.log(`documents: ${paths.length} pages, ${commands} commands, ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;
