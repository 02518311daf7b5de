import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { readJson } from './json.mjs';
import { root } from './paths.mjs';
import { filesBelow } from './workspaces.mjs';

const FOLDERS = ['packages', 'plugins', 'scripts', 'docs', '.github'];
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'];
const code = /\.([cm]?[jt]s|tsx)$/;
/** What others wrote, and what rows hold that were stored with the words of then. */
const notOurs =
  /CHANGELOG|\.api\.md$|generated|lib\/words\.mjs$|words\.test|\/migrations[./]/;

/**
 * Words that were thrown out once, and what to write instead; Kubernetes writes some of them, and the sandbox answers with
 * its words. And of sentences of the engine, which a portal and a program say: text/voice.ts has what differs.
 */
const { thrownOut, voice } = readJson(join(root, 'scripts/lib/words.json'));
const engine =
  /^packages\/engine\/src\/(?!artefacts\/|text\/voice|.*(\.test\.|__\w+__))/;

/**
 * Words that were thrown out, in code, comments and pages.
 *
 * @returns one sentence a place
 */
export function wordProblems() {
  return [...FOLDERS.flatMap(filesBelow), ...PAGES].flatMap(file =>
    wordsIn(file, readFileSync(join(root, file), 'utf8')),
  );
}

/** The same for one file. */
export function wordsIn(file, text) {
  if (notOurs.test(file) || !/\.md$/.test(file) === !code.test(file)) return [];
  const say = (index, word, write) => {
    const line = text.slice(0, index).split('\n').length;
    return `${file}:${line} says "${word}": write ${write}.`;
  };
  const hits = (part, at, rules) =>
    rules.flatMap(({ words, write, except }) =>
      except && new RegExp(except).test(file)
        ? []
        : [...part.matchAll(new RegExp(words, 'gi'))].map(
            ({ 0: word, index }) => say(at + index, word, write),
          ),
    );
  return [
    ...hits(text, 0, thrownOut),
    ...(engine.test(file)
      ? strings(file, text).flatMap(({ part, at }) => hits(part, at, voice))
      : []),
  ];
}

function strings(file, text) {
  const found = [];
  const visit = node => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)) {
      found.push({ part: node.getText(), at: node.getStart() });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}
