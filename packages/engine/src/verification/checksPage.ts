import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CHECKS } from './checks/index';

let page: string | undefined;

/** The text of `docs/checks.md`, in the source tree and in the published package alike. @public */
export function checksPage(): string {
  // Built files keep their folders, and the engine does not depend on Backstage's backend.
  // eslint-disable-next-line no-restricted-syntax
  page ??= readFileSync(resolve(__dirname, '../../docs/checks.md'), 'utf8');
  return page;
}

/**
 * What the page says of a check, without its question, in Markdown; its links to other pages become plain text. Undefined
 * where there is no such check.
 *
 * @public
 */
export function explanationOf(id: string): string | undefined {
  if (!CHECKS.some(check => check.id === id)) return undefined;
  const section = checksPage()
    .split(/^## /m)
    .find(part => part.startsWith(`${id.replace('*', '\\*')}\n`));
  return section
    ?.slice(section.indexOf('\n'))
    .trim()
    .replace(/^\*\*[^*]+\*\*\s*/, '')
    .replace(/\[([^\]]+)\]\((?!https?:)[^)]+\)/g, '$1');
}
