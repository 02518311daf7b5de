import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { headingAnchor } from 'backstage-plugin-eks-pod-identity-common';
import { checksPage, checksSource, explanationOf } from '../../pages';
import { PROGRAM } from '../../text/voice';
import { CHECKS } from './checks';

const SOURCES = join(__dirname, '../..');
const ROOT = join(SOURCES, '../../..');

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

describe('a section, in a portal and in the program alike', () => {
  const sections = CHECKS.map(({ id }) => [id, explanationOf(id)!] as const);
  const titles = [
    'plugins/scaffolder-backend-module-eks-pod-identity/templates',
    'templates',
  ].flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('/template.yaml'))
      .map(name => readFileSync(join(ROOT, folder, name), 'utf8'))
      .map(template => /^ {2}title: (.+)$/m.exec(template)![1]),
  );
  const linkless = page.replace(/\[([^[\]]+)\]\([^()]+\)/g, '$1');

  it.each(sections)('is the text of the page: %s', (_, text) => {
    expect(text.length).toBeGreaterThan(100);
    expect(linkless.includes(`${text}\n`)).toBe(true);
  });

  it.each(sections)('names no portal of its reader: %s', (_, text) => {
    expect(text).not.toMatch(/\b(the|this|your) portal\b/i);
  });

  it.each(sections)('names no template: %s', (_, text) => {
    expect(titles).toContain('Give a component an AWS identity');
    expect(titles.filter(title => text.includes(title))).toEqual([]);
  });

  it.each(Object.entries(PROGRAM.flags!))(
    'names with %s also %s',
    (...both) => {
      const [setting, flag] = both.map(name => `\`${name}\``);
      const naming = sections.filter(([, text]) => text.includes(setting));
      expect(naming.filter(([, text]) => !text.includes(flag))).toEqual([]);
    },
  );
});

/** Each test by its file and a part of its title. */
it('names, for each finding of docs/security.md, tests that are there', () => {
  const docs = join(ROOT, 'docs');
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
