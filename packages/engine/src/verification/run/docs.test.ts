import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { headingAnchor } from 'backstage-plugin-eks-pod-identity-common';
import { checksPage, checksSource } from '../../pages';
import { CHECKS } from './checks';

const SOURCES = join(__dirname, '../..');

const page = checksSource();
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

  it('is headed on a screen by what the checks judge', () => {
    expect(checksPage().match(/^## .*`$/gm)).toEqual(
      CHECKS.map(({ id, title }) => `## ${title} \`${id}\``),
    );
  });

  it('asks the questions that the checks ask', () => {
    const plain = (text: string) => text.replace(/[’]/g, "'");
    for (const { question } of CHECKS) {
      expect(plain(page)).toContain(`**${plain(question)}**`);
    }
  });
});

/** Each test by its file and a part of its title. */
it('names, for each finding of docs/security.md, tests that are there', () => {
  const docs = join(SOURCES, '../../../docs');
  const rows = readFileSync(join(docs, 'security.md'), 'utf8').match(
    /^\| S\d+ .*$/gm,
  )!;
  expect(rows.map(row => row.split(' ')[1])).toEqual(
    Array.from({ length: 20 }, (_, index) => `S${index + 1}`),
  );
  const missing = rows.flatMap(row => {
    const tests = [...row.matchAll(/\]\((\.\.\/[^)]+)\): ([^|;]+?) *[|;]/g)];
    return tests.length === 0
      ? [row]
      : tests.flatMap(([, file, title]) =>
          readFileSync(join(docs, file), 'utf8').includes(title)
            ? []
            : [`${file}: ${title}`],
        );
  });
  expect(missing).toEqual([]);
});

/** Of the engine, without tests, comments and their helpers. */
const lines = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter(file => /^(?!.*(\.test|__testUtils__)).*\.ts$/.test(file))
  .flatMap(file =>
    readFileSync(join(SOURCES, file), 'utf8')
      .split('\n')
      .filter(line => !/^\s*(\/\/|\/?\*)/.test(line))
      .map(line => `${file}: ${line.trim()}`),
  );

it('is where ids of checks stand: no sentence of the engine has one', () => {
  expect(lines.length).toBeGreaterThan(30_000);
  const ids = CHECKS.map(({ id }) => id)
    .filter(id => /^[a-z.-]+$/.test(id))
    .map(id => id.replace('.', '\\.'))
    .join('|');
  // Beside another word of the same text
  const inSentence = new RegExp(
    `['"\`][^'"\`]*(\\w (${ids})\\b|\\b(${ids}) \\w)[^'"\`]*['"\`]`,
  );
  expect(inSentence.test(`'admission.injects says why'`)).toBe(true);
  expect(lines.filter(line => inSentence.test(line))).toEqual([]);
});
