import { blocksBelow } from './blocks.mjs';

const PAGE = 'docs/adopting.md';

export const ADDING = 'Add the packages';
const legacyAdditions = [
  'plugins/eks-pod-identity/README.md',
  'plugins/scaffolder-module-eks-pod-identity/README.md',
].map(file => [file, 'On the old frontend system']);

/** The code blocks that add the packages to a portal. */
export const blocksToAdd = legacy =>
  [[PAGE, ADDING], ...(legacy ? legacyAdditions : [])].flatMap(
    ([file, heading]) => blocksBelow(file, heading),
  );

/** How far a portal goes, each a section of the page, and what it may take in a portal of the new frontend system. */
export const paths = {
  'own-keys': {
    heading: 'Watch only, with your own keys',
    keys: 'own',
    goals: { minutes: 3 },
  },
  roles: {
    heading: 'Watch only, with roles',
    // "Annotation, sign-in and start are as above"
    above: 'Watch only, with your own keys',
    keys: 'portal',
  },
  'self-service': {
    heading: 'Self-service',
    keys: 'portal',
    goals: { minutes: 10, steps: 8 },
  },
};

/** The code blocks of a path; what it says of a file itself counts more than what another one says. */
export function blocksOf({ heading, above }) {
  const own = blocksBelow(PAGE, heading);
  const targets = own.map(({ target }) => target);
  const others = above ? blocksBelow(PAGE, above) : [];
  return [...own, ...others.filter(({ target }) => !targets.includes(target))];
}
