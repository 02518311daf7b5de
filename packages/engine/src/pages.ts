import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { capitalised } from './text/capitalised';
import { PORTAL, type Voice } from './text/voice';
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

/** A text of a page, which speaks of a portal and has settings as code, in the words of who shows it. */
const inVoice = (text: string, voice: Voice) =>
  [
    ...Object.entries(voice.flags ?? {}).map(pair =>
      pair.map(name => `\`${name}\``),
    ),
    ...(['again', 'associate', 'my', 'me', 'settings'] as const).flatMap(
      key => [
        [PORTAL[key], voice[key]],
        [capitalised(PORTAL[key]), capitalised(voice[key])],
      ],
    ),
  ].reduce((said, [theirs, ours]) => said.replaceAll(theirs, ours), text);

/**
 * What the page says of a check, without its question, in Markdown; its links to other pages become plain text. Undefined
 * where there is no such check.
 *
 * @param voice - of who shows it; default: a portal
 * @public
 */
export function explanationOf(
  id: string,
  voice: Voice = PORTAL,
): string | undefined {
  if (!CHECKS.some(check => check.id === id)) return undefined;
  const section = checksSource()
    .split(/^## /m)
    .find(part => part.startsWith(`${id.replace('*', '\\*')}\n`));
  if (!section) return undefined;
  const text = section
    .slice(section.indexOf('\n'))
    .trim()
    .replace(/^\*\*[^*]+\*\*\s*/, '')
    .replace(/\[([^[\]]+)\]\((?!https?:)[^()]+\)/g, '$1');
  return inVoice(text, voice);
}
