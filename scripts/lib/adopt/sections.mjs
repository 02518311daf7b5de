import { join } from 'node:path';
import { readJson } from '../json.mjs';
import { root } from '../paths.mjs';
import { blocksBelow } from './blocks.mjs';

const PAGE = 'docs/adopting.md';

export const ADDING = 'Add the packages';
const OLD_FRONTEND = 'On the old frontend system';

/** The code blocks below headings of the page, or of another one: `docs/extending.md#A heading`. */
const blocksBelowAll = sections =>
  sections.flatMap(section => {
    const [heading, page = PAGE] = section.split('#').reverse();
    return blocksBelow(page, heading);
  });

/** The code blocks that add the packages to a portal. */
export const blocksToAdd = ({ legacy, oldest }) =>
  blocksBelowAll([
    ...(oldest ? ['On Backstage 1.55'] : []),
    ADDING,
    ...(legacy
      ? [
          `plugins/eks-pod-identity/README.md#${OLD_FRONTEND}`,
          `plugins/scaffolder-module-eks-pod-identity/README.md#${OLD_FRONTEND}`,
        ]
      : []),
  ]);

/**
 * How far a portal goes, by sections that a person follows in their order, and what it may take in a portal of the new
 * frontend system. `without` is in the blocks of another choice, and `fill` has a person's own names.
 */
export const paths = readJson(join(root, 'scripts/lib/adopt/paths.json'));

/** The code blocks of a path; of several for the same file, or the same place in it, the first counts. */
export function blocksOf({ sections, without, fill = {} }) {
  const all = blocksBelowAll(sections);
  return all
    .filter(
      ({ language, target, text }, index) =>
        !(without && text.includes(without)) &&
        (language === 'sh' ||
          all.findIndex(one => one.target === target) === index),
    )
    .map(({ text, ...block }) => ({
      ...block,
      text: Object.entries(fill).reduce(
        (filled, [printed, own]) => filled.replaceAll(printed, own),
        text,
      ),
    }));
}
