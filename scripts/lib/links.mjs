import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse } from 'yaml';
import { root } from './paths.mjs';

/** As Markdown renderers make it. */
const anchorOf = heading =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replace(/ /g, '-');

/** Text without what is shown as code. */
const prose = text =>
  text.replace(/^ *(`{3,}|~{3,})[\s\S]*?^ *\1/gm, '').replace(/`[^`\n]*`/g, '');

function anchorsOf(path) {
  const text = readFileSync(path, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, text]) => anchorOf(text));
}

/** Links of a Markdown text that lead to no file, or to no heading of it. */
export function brokenLinks(file, text = readFileSync(file, 'utf8')) {
  const links = [...prose(text).matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, to]) => to)
    .filter(to => !/^[a-z]+:/.test(to));
  return links.filter(to => {
    const [path, anchor] = to.split('#');
    const target = path ? join(dirname(file), path) : file;
    return (
      !existsSync(target) ||
      (anchor && target.endsWith('.md') && !anchorsOf(target).includes(anchor))
    );
  });
}

/** A sentence for each broken link of the repository's Markdown files, and for each page of docs/ that the site lacks. */
export function linkProblems() {
  const files = execFileSync('git', ['ls-files', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter(file => file && !/^(\.changeset|.*CHANGELOG|.*report)/.test(file));
  const broken = files.flatMap(file =>
    brokenLinks(join(root, file)).map(
      to => `${file} links to ${to}, which is not there.`,
    ),
  );
  const { nav } = parse(readFileSync(join(root, 'mkdocs.yml'), 'utf8'));
  const shown = nav.flatMap(Object.values);
  const missing = files
    .filter(file => /^docs\/[^/]*\.md$/.test(file))
    .map(file => relative('docs', file))
    .filter(page => !shown.includes(page))
    .map(page => `mkdocs.yml does not name docs/${page}.`);
  return [...broken, ...missing];
}
