import { join } from 'node:path';
import { readJson } from '../json.mjs';
import { root } from '../paths.mjs';
import { blocksBelow } from './blocks.mjs';

const PAGE = 'docs/adopting.md';

export const ADDING = 'Add the packages';
const legacyAdditions = [
  'plugins/eks-pod-identity/README.md',
  'plugins/scaffolder-module-eks-pod-identity/README.md',
].map(file => [file, 'On the old frontend system']);

/** The code blocks that add the packages to a portal. */
export const blocksToAdd = ({ legacy, oldest }) =>
  [
    ...(oldest ? [[PAGE, 'On Backstage 1.55']] : []),
    [PAGE, ADDING],
    ...(legacy ? legacyAdditions : []),
  ].flatMap(([file, heading]) => blocksBelow(file, heading));

/**
 * How far a portal goes, each a section of the page, and what it may take in a portal of the new frontend system. `above`
 * is another section that goes with it: "Annotation, sign-in and start are as above".
 */
export const paths = readJson(join(root, 'scripts/lib/adopt/paths.json'));

/** The code blocks of a path; what it says of a file itself counts more than what another one says. */
export function blocksOf({ page = PAGE, heading, above }) {
  const own = blocksBelow(page, heading);
  const targets = own.map(({ target }) => target);
  const others = above ? blocksBelow(PAGE, above) : [];
  return [...own, ...others.filter(({ target }) => !targets.includes(target))];
}
