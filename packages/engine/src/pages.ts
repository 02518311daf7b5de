import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CHECKS } from './verification/run/checks';

const pages = new Map<string, string>();

/** A page of the package: in the source tree and in the published package alike. */
function pageOf(name: string): string {
  let page = pages.get(name);
  if (page === undefined) {
    // Built files keep their folders, and the engine does not depend on Backstage's backend.
    // eslint-disable-next-line no-restricted-syntax
    page = readFileSync(resolve(__dirname, '../docs', name), 'utf8');
    pages.set(name, page);
  }
  return page;
}

/** The text of `docs/checks.md`, whose sections are headed by the ids of checks. */
export const checksSource = () => pageOf('checks.md');

/**
 * The text of `docs/checks.md` for a screen: each section is headed by what its check judges, with the id as code, which
 * links lead to.
 *
 * @public
 */
export function checksPage(): string {
  return CHECKS.reduce(
    (page, { id, title }) =>
      page.replace(
        `\n## ${id.replace('*', '\\*')}\n`,
        `\n## ${title} \`${id}\`\n`,
      ),
    checksSource(),
  );
}

/** The text of `docs/permissions.md`, without links to other files. @public */
export function permissionsPage(): string {
  return pageOf('permissions.md');
}

/**
 * What the page says of a check, without its question, in Markdown; its links to other pages become plain text. Undefined
 * where there is no such check.
 *
 * @public
 */
export function explanationOf(id: string): string | undefined {
  if (!CHECKS.some(check => check.id === id)) return undefined;
  const section = checksSource()
    .split(/^## /m)
    .find(part => part.startsWith(`${id.replace('*', '\\*')}\n`));
  if (!section) return undefined;
  return section
    .slice(section.indexOf('\n'))
    .trim()
    .replace(/^\*\*[^*]+\*\*\s*/, '')
    .replace(/\[([^[\]]+)\]\((?!https?:)[^()]+\)/g, '$1');
}
