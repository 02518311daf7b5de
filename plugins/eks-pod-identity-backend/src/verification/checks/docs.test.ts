import { readFileSync } from 'fs';
import { resolve } from 'path';
import { anchorOf } from '../check';
import { CHECKS } from './index';

const page = readFileSync(
  resolve(__dirname, '../../../../../docs/checks.md'),
  'utf8',
);
const headings = page
  .split('\n')
  .filter(line => line.startsWith('## '))
  .map(line => line.slice(3).replace(/\\/g, ''));

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
});
