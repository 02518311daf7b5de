import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { root } from '../lib/paths.mjs';
import { filesBelow } from '../lib/workspaces.mjs';

const FILE = join(root, 'scripts/__tests__/expressions.json');

/** Each is given the whole time: the longest takes some ten seconds of a slow core. */
const LIMIT_MS = 120_000;

/** Source of the product that reads texts of others; the sandbox and tests read their own. */
const isSource = file =>
  /^(plugins|packages\/(cli|engine))\/.*\/src\/.*\.tsx?$|^packages\/(cli|engine)\/src\/.*\.tsx?$/.test(
    file,
  ) && !/\.test\.|__\w+__|\.d\.ts$/.test(file);

/** Every literal, as it stands there, and where an expression is built of a text, by file. */
function expressions() {
  const literals = new Set();
  const built = new Set();
  for (const file of ['packages', 'plugins'].flatMap(filesBelow)) {
    if (!isSource(file)) continue;
    const text = readFileSync(join(root, file), 'utf8');
    const visit = node => {
      if (ts.isRegularExpressionLiteral(node)) literals.add(node.text);
      if (
        (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
        node.expression.getText() === 'RegExp'
      ) {
        built.add(file);
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  }
  return { literals: [...literals].sort(), built: [...built].sort() };
}

/** @throws where the checker finds a text on which it takes longer than in proportion to its length, or finds no answer */
async function prove(literal) {
  const { check } = await import('recheck');
  const end = literal.lastIndexOf('/');
  const source = literal.slice(1, end);
  const flags = literal.slice(end + 1);
  const { status, complexity, attack } = await check(source, flags, {
    timeout: LIMIT_MS,
  });
  assert.equal(
    status,
    'safe',
    `${literal} is ${complexity?.summary ?? 'not judged'}: ${attack?.pattern}`,
  );
}

test('every expression is proven to take time in proportion to the text', async () => {
  const { literals, built } = expressions();
  assert.ok(literals.length > 300);
  const stored = JSON.parse(readFileSync(FILE, 'utf8'));
  const [, , mode] = process.argv;
  if (mode) {
    const known = new Set(mode === 'all' ? [] : stored.linear);
    for (const literal of literals) {
      if (!known.has(literal)) await prove(literal);
    }
    const row = {
      name: 'proven linear',
      value: literals.length,
      reached: true,
    };
    console.log(
      JSON.stringify({
        ...row,
        unit: 'expressions',
        goal: { least: literals.length },
      }),
    );
    writeFileSync(
      FILE,
      `${JSON.stringify({ ...stored, linear: literals }, null, 2)}\n`,
    );
  }
  const { linear } = JSON.parse(readFileSync(FILE, 'utf8'));
  assert.deepEqual(
    literals,
    linear,
    'node scripts/__tests__/expressions.test.mjs new proves those that are new',
  );
  // Nothing proves these; the list says why each of them is linear.
  assert.deepEqual(Object.keys(stored.built), built);
});
