import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { readJson } from '../lib/json.mjs';
import { root } from '../lib/paths.mjs';

/** What Node.js 20 does not have, as far as a name shows it. Syntax that it does not know ends it at once. */
const NEWER =
  /\b(?:(?:Map|Object)\.groupBy|Promise\.(?:withResolvers|try)|Array\.fromAsync|RegExp\.escape|Iterator\.|Uint8Array\.from(?:Base64|Hex)|globSync|process\.(?:features\.typescript|getBuiltinModule)|import\.meta\.main)\b|\.(?:isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference)\(/;
/** npm runs them by the Node.js that the machine has. */
const PROGRAMS = Object.values(readJson(join(root, 'package.json')).scripts)
  .map(command => /^node (scripts\/\S+\.mjs)/.exec(command)?.[1])
  .filter(Boolean);

/** These files and all that they import from this repository, as paths below the root. */
function withImports(files) {
  const all = new Set();
  const add = file => {
    if (all.has(file)) return;
    all.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, path] of text.matchAll(
      /(?:from|import|import\()\s*'(\.[^']+)'/g,
    )) {
      add(relative(root, join(root, dirname(file), path)));
    }
  };
  files.forEach(add);
  return [...all];
}

test('The programs of package.json ask for nothing that Node.js 20 lacks', () => {
  const files = withImports(PROGRAMS);
  assert(files.includes('scripts/stages/jest.mjs'), files.join(', '));
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    assert.equal(NEWER.exec(text)?.[0], undefined, file);
  }
});

test('A newer function is found', () => {
  assert.match('const kinds = Map.groupBy(all, kind);', NEWER);
  assert.match('if (one.isSubsetOf(other)) {', NEWER);
});
