/** The page about the portal's rights, as sentences name it where the portal has no address for it. @public */
export const PERMISSIONS_PAGE = 'docs/permissions.md';

/** Where the page is in an app, unless it mounts the pages elsewhere. @public */
export const PERMISSIONS_PATH = '/aws-identities/permissions';

const MENTION = /(docs\/permissions\.md|\/permissions)(#[a-z0-9-]+)?/g;

/** Longest address of a portal that is found before the path of the page, in characters. */
const LONGEST_ADDRESS = 300;

/** Where a mention begins whose address a portal put in; undefined where another word ends in the path of the page. */
function startOfAddress(text: string, from: number, path: number) {
  const before = text.slice(Math.max(from, path - LONGEST_ADDRESS), path);
  const scheme = /https?$/.exec(before.slice(0, before.lastIndexOf('://')));
  const start = scheme?.index ?? -1;
  return start >= 0 && /^https?:\/\/[^\s#]+$/.test(before.slice(start))
    ? path - before.length + start
    : undefined;
}

/** A part of a text that names the page, or a section of it. @public */
export interface PermissionsMention {
  /** `docs/permissions.md#aws-reading` */
  label: string;
  /** `#aws-reading`; empty for the whole page. */
  hash: string;
}

/**
 * A text in parts, of which those that name the page can be shown as links. The host of an address is left out: a text
 * cannot choose where its link leads.
 *
 * @public
 */
export function permissionsMentions(
  text: string,
): Array<string | PermissionsMention> {
  const parts: Array<string | PermissionsMention> = [];
  let end = 0;
  for (const match of text.matchAll(MENTION)) {
    const [whole, page, hash = ''] = match;
    const start =
      page === PERMISSIONS_PAGE
        ? match.index
        : startOfAddress(text, end, match.index);
    if (start === undefined) continue;
    if (start > end) parts.push(text.slice(end, start));
    parts.push({ label: `${PERMISSIONS_PAGE}${hash}`, hash });
    end = match.index + whole.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}
