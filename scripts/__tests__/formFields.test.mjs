import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { root } from '../lib/paths.mjs';
import { filesBelow } from '../lib/workspaces.mjs';

const read = file => readFileSync(join(root, file), 'utf8');

/** Inputs of the actions: a template of one's own can have any of them in its form, ours have few. */
const INPUTS = [
  ...read('plugins/eks-pod-identity-common/src/vocabulary/inputs.ts').matchAll(
    /^ {2}(\w+): (?:z$|z\.|[a-z]\w*,$|[a-z]\w*$)/gm,
  ),
].map(([, name]) => name);

/** A name of several words is no word of a sentence; one of a single word is, unless it is to be set. */
const named = name =>
  /[A-Z]/.test(name) ? `(?<!\\.)\\b${name}\\b` : `\\b(?:set|leave) ${name}\\b`;
const NAMED = new RegExp(INPUTS.map(named).join('|'), 'g');
/** The request itself has named what the text begins with. */
const OF_THE_REQUEST = new RegExp(`^.(?:${INPUTS.join('|')})\\b`);

/** What is filled in is no word of the text; a text within it is found by itself. */
function withoutValues(text) {
  const inner = text.replace(/\$\{[^{}]*\}/g, '…');
  return inner === text ? text : withoutValues(inner);
}

function sentencesIn(file) {
  const found = [];
  const visit = node => {
    const isText =
      ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
    const text = isText ? node.getText() : '';
    if (/[a-z,;:] [a-z$]/i.test(text)) found.push(text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  return found;
}

test('no sentence tells its reader to fill in a field that a form does not show', () => {
  assert.ok(INPUTS.includes('replaceRole') && INPUTS.includes('force'));
  const problems = [
    'packages/engine/src/guardrails',
    'packages/engine/src/lifecycle',
    'packages/engine/src/verification',
    'plugins/eks-pod-identity-backend/src/operations',
  ]
    .flatMap(filesBelow)
    .filter(file => /\.ts$/.test(file) && !/\.test\.|__\w+__/.test(file))
    .flatMap(file =>
      sentencesIn(file)
        .filter(text => !OF_THE_REQUEST.test(text))
        .flatMap(text =>
          (withoutValues(text).match(NAMED) ?? []).map(
            name => `${file}: "${name}" in ${text}`,
          ),
        ),
    );
  assert.deepEqual(problems, []);
});
