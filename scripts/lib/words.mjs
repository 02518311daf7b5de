import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './paths.mjs';
import { filesBelow } from './workspaces.mjs';

const FOLDERS = ['packages', 'plugins', 'scripts', 'docs', '.github'];
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'];
const code = /\.([cm]?[jt]s|tsx)$/;
/** What others wrote, and what rows hold that were stored with the words of then. */
const notOurs =
  /CHANGELOG|\.api\.md$|generated|lib\/words\.mjs$|words\.test|\/migrations[./]/;

/** Words that were thrown out once, and what to write instead. */
const THROWN_OUT = [
  { words: /\bmend(s|ed|ing)?\b/gi, write: '"fix"' },
  { words: /\banew\b/gi, write: '"again"' },
  {
    words: /\bwhoever\b|\bof (its|their) own accord\b/gi,
    write: 'who does it',
  },
  {
    words: /\bmay not\b/gi,
    write: '"is not allowed to" or "might not": it can mean both',
    // Kubernetes writes so, and the sandbox answers with its words
    except: /^packages\/sandbox\/src\/kubernetes\//,
  },
  { words: /\bset-ups?\b/gi, write: '"setup"' },
];

/** Of sentences of the engine, which a portal and a program say: text/voice.ts has what differs. */
const VOICE = {
  words: /\b(the|this|another) portal\b|\bportal's\b|Give a component/gi,
  write: 'what the voice of the cluster says',
};
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
      except?.test(file)
        ? []
        : [...part.matchAll(words)].map(({ 0: word, index }) =>
            say(at + index, word, write),
          ),
    );
  return [
    ...hits(text, 0, THROWN_OUT),
    ...(engine.test(file)
      ? strings(file, text).flatMap(({ part, at }) => hits(part, at, [VOICE]))
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
