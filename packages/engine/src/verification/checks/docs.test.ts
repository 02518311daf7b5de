import { readFileSync, writeFileSync } from 'fs';
import { resolve } from 'path';
import { anchorOf } from '../check';
import { EXPLANATIONS } from './explanations';
import { CHECKS } from './index';

const page = readFileSync(
  resolve(__dirname, '../../../../../docs/checks.md'),
  'utf8',
);
/** Heading and text of each section. */
const sections = page
  .split(/^## /m)
  .slice(1)
  .map(section => {
    const end = section.indexOf('\n');
    return {
      heading: section.slice(0, end).replace(/\\/g, ''),
      text: section.slice(end).trim(),
    };
  });
const headings = sections.map(({ heading }) => heading);

/** The section without its question; its links to other pages of the docs become plain text. */
function explanationOf(text: string): string {
  return text
    .replace(/^\*\*[^*]+\*\*\s*/, '')
    .replace(/\[([^\]]+)\]\((?!https?:)[^)]+\)/g, '$1');
}

describe('docs/checks.md', () => {
  it('has a section for every check, in their order, and no other', () => {
    expect(headings.slice(1)).toEqual(CHECKS.map(({ id }) => id));
  });

  it('is where reports point to', () => {
    const anchors = headings.map(anchorOf);
    for (const { id, anchor } of CHECKS) {
      expect(anchors).toContain(anchor);
      expect(anchor).toBe(anchorOf(id));
    }
  });

  it('asks the questions that the checks ask', () => {
    const plain = (text: string) => text.replace(/[’]/g, "'");
    for (const { question } of CHECKS) {
      expect(plain(page)).toContain(`**${plain(question)}**`);
    }
  });

  // After a change to the page: UPDATE_EXPLANATIONS=1 yarn test docs.test
  it('is the text of explain-check', () => {
    const said = Object.fromEntries(
      sections
        .slice(1)
        .map(({ heading, text }) => [heading, explanationOf(text)]),
    );
    if (process.env.UPDATE_EXPLANATIONS) {
      writeFileSync(
        resolve(__dirname, 'explanations.generated.json'),
        `${JSON.stringify(said, null, 2)}\n`,
      );
    }
    expect(process.env.UPDATE_EXPLANATIONS ? said : EXPLANATIONS).toEqual(said);
  });
});
