/** The page about the portal's rights, as sentences name it where the portal has no address for it. @public */
export const PERMISSIONS_PAGE = 'docs/permissions.md';

/** Where the page is in an app, unless it mounts the pages elsewhere. @public */
export const PERMISSIONS_PATH = '/aws-identities/permissions';

/** With the address that a portal puts in, or without one. */
const MENTION =
  /(?:https?:\/\/[^\s#]+\/permissions|docs\/permissions\.md)(#[a-z0-9-]+)?/g;

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
    const [whole, hash = ''] = match;
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push({ label: `${PERMISSIONS_PAGE}${hash}`, hash });
    end = match.index + whole.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}
