import { headingAnchor } from 'backstage-plugin-eks-pod-identity-common';
import { checksPage } from '../../pages';
import { CHECKS } from './checks';

const page = checksPage();
const headings = page
  .split(/^## /m)
  .slice(1)
  .map(section => section.slice(0, section.indexOf('\n')).replace(/\\/g, ''));

describe('docs/checks.md', () => {
  it('has a section for every check, in their order, and no other', () => {
    expect(headings.slice(1)).toEqual(CHECKS.map(({ id }) => id));
  });

  it('is where reports point to', () => {
    const anchors = headings.map(headingAnchor);
    for (const { id, anchor } of CHECKS) {
      expect(anchors).toContain(anchor);
      expect(anchor).toBe(headingAnchor(id));
    }
  });

  it('asks the questions that the checks ask', () => {
    const plain = (text: string) => text.replace(/[’]/g, "'");
    for (const { question } of CHECKS) {
      expect(plain(page)).toContain(`**${plain(question)}**`);
    }
  });
});
