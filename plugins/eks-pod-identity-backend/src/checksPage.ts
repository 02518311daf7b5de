import { readFileSync } from 'node:fs';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { CHECKS } from 'eks-pod-identity-engine';

/** `docs/checks.md` of this package, in the source tree and in the published package alike. */
export const CHECKS_PAGE: string = readFileSync(
  resolvePackagePath(import.meta.url, 'docs/checks.md'),
  'utf8',
);

/** Where the page of the checks is in an app, unless it mounts the pages elsewhere. */
export function checksPageUrl(appBaseUrl: string): string {
  return `${appBaseUrl}/aws-identities/checks`;
}

function explanationIn(page: string, id: string): string | undefined {
  const section = page
    .split(/^## /m)
    .find(part => part.startsWith(`${id.replace('*', '\\*')}\n`));
  return section
    ?.slice(section.indexOf('\n'))
    .trim()
    .replace(/^\*\*[^*]+\*\*\s*/, '')
    .replace(/\[([^\]]+)\]\((?!https?:)[^)]+\)/g, '$1');
}

const EXPLANATIONS = new Map(
  CHECKS.map(({ id }) => [id, explanationIn(CHECKS_PAGE, id)]),
);

/** The section of a check without its question, in Markdown; its links to other pages become plain text. */
export function explanationOf(id: string): string | undefined {
  return EXPLANATIONS.get(id);
}
