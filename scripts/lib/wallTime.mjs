import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './paths.mjs';
import { filesBelow, filesLike } from './workspaces.mjs';

/** No machine pauses for as long: a test that waits this long fails for a reason of its own. */
const ENOUGH_MS = 20_000;
/** What programs and browsers take: only the one place of patience knows of a slow run. */
const PLAIN = /^timeout(_ms)?$/i;
const LIMIT = /(timeout|deadline|patience|ttl|grace)_?(ms|seconds)?$/i;
const UNITS = { milliseconds: 1, seconds: 1_000, minutes: 60_000 };
const HOOK = /^(it|test|before|after)(All|Each)?(\.\w+)*([(`].*)?$/s;
const CONSTANT = /^(?!PATIENCE_MS$)[A-Z_]+$/;
const NOW = /\b(Date|performance)\.now\(|\b(elapsed|took)/;
const testCode =
  /\.test\.(tsx?|mjs)$|\/e2e-tests\/|__\w+__\/.*\.([cm]?[jt]s|tsx)$|\/setupTests\.ts$/;

/**
 * What makes a test depend on how fast the machine is: limits of wall time that a pause can exceed, pauses instead of
 * waiting for what must happen, and promises that are started together and awaited one by one, where the second one to
 * fail has no handler yet. A number that is about the limit itself, or that a clock of the test counts, has a comment
 * `wall time: …` that says so, on its line, above it, or before the first statement for the whole file; promises of
 * which one cannot end before the other was awaited have a comment `one by one: …`.
 *
 * @returns one sentence a place
 */
export function wallTimeProblems() {
  return [...filesLike(testCode), ...filesBelow('scripts/__tests__')]
    .filter(file => testCode.test(file))
    .flatMap(file => wallTimeIn(file, readFileSync(join(root, file), 'utf8')));
}

/** The same for one file. */
export function wallTimeIn(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines = text.split('\n');
  const head = text.slice(0, source.statements[0]?.getStart() ?? 0);
  const found = [];
  const say = (node, what, reason = 'wall time') => {
    const at = source.getLineAndCharacterOfPosition(node.getStart()).line;
    let above = at - 1;
    while (/^\s*(\/\/|\/?\*)/.test(lines[above] ?? '')) above -= 1;
    const said = [head, ...lines.slice(above + 1, at + 1)].join('\n');
    if (!new RegExp(`\\b${reason}: \\S`).test(said)) {
      found.push(`${file}:${at + 1} ${what}`);
    }
  };
  const visit = node => {
    const what = ts.isCallExpression(node) ? judgeCall(node) : judge(node);
    if (what) say(node, what);
    for (const { at, names } of oneByOne(node)) {
      say(at, `awaits ${names} one by one; use Promise.all`, 'one by one');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** A name with a value: a property, a variable, a parameter, an assignment. */
function judge(node) {
  const assigned = ts.isBinaryExpression(node)
    ? node.operatorToken.kind === ts.SyntaxKind.EqualsToken && node.left
    : node.name;
  const value = node.initializer ?? node.right;
  const name = assigned && value && assigned.getText().split('.').pop();
  if (!name || !LIMIT.test(name)) return undefined;
  return (
    (PLAIN.test(name)
      ? isShort(value, 0)
      : isShort(value, /seconds$/i.test(name) ? 1_000 : 1)) &&
    `limits ${name} to ${value.getText()}`
  );
}

function judgeCall(node) {
  const name = node.expression.getText();
  const given = [...node.arguments];
  if (/^(jest|test)\.setTimeout$/.test(name) || HOOK.test(name)) {
    return (
      given.length > (/setTimeout$/.test(name) ? 0 : 1) &&
      (numbers(given.at(-1)).length > 0 ||
        CONSTANT.test(given.at(-1).getText())) &&
      'has a time limit of its own; scripts/jest/patience.cjs sets that of all tests'
    );
  }
  if (/\.toBeLessThan(OrEqual)?$/.test(name)) {
    return NOW.test(name) && 'expects it to be fast';
  }
  if (/(^|\.)(setTimeout|sleep|wait|pause|waitForTimeout)$/.test(name)) {
    return (
      !/[cC]lock\.sleep$/.test(name) &&
      !given.some(one => /[cC]lock$/.test(one.getText())) &&
      !polls(node) &&
      given.some(one => isShort(one)) &&
      'pauses instead of waiting for what must happen'
    );
  }
  return (
    name === 'AbortSignal.timeout' &&
    isShort(given[0], 0) &&
    `gives up after ${given[0].getText()} ms`
  );
}

/** A pause between two looks. */
const polls = node =>
  Boolean(
    ts.findAncestor(
      node,
      up =>
        ts.isWhileStatement(up) ||
        ts.isDoStatement(up) ||
        ts.isForStatement(up),
    ),
  );

const isShort = (value, unit = 1) =>
  numbers(value).some(n => n > 0 && n * unit < ENOUGH_MS);

/** The numbers that an expression may stand for, in its unit or, for a duration, in milliseconds. */
function numbers(node) {
  if (ts.isNumericLiteral(node)) return [Number(node.text)];
  if (ts.isParenthesizedExpression(node)) return numbers(node.expression);
  if (ts.isConditionalExpression(node)) {
    return [node.whenTrue, node.whenFalse].flatMap(numbers);
  }
  if (ts.isObjectLiteralExpression(node)) {
    const parts = node.properties.map(({ name, initializer }) =>
      name?.getText() in UNITS && initializer
        ? UNITS[name.getText()] * numbers(initializer)[0]
        : NaN,
    );
    const sum = parts.reduce((all, part) => all + part, 0);
    return parts.length > 0 && sum >= 0 ? [sum] : [];
  }
  if (!ts.isBinaryExpression(node)) return [];
  const [left, right] = [node.left, node.right].map(numbers);
  switch (node.operatorToken.getText()) {
    case '??':
    case '||':
      return [...left, ...right];
    case '*':
      return left.flatMap(a => right.map(b => a * b));
    case '+':
      // What is not known here, such as the time now, counts as nothing
      return left.length && right.length
        ? left.flatMap(a => right.map(b => a + b))
        : [...left, ...right];
    default:
      return [];
  }
}

/** Promises of a block or a loop that are started together and awaited one by one. */
function oneByOne(node) {
  if (
    ts.isForOfStatement(node) &&
    ts.isVariableDeclarationList(node.initializer)
  ) {
    const loop = namesOf(node.initializer.declarations[0].name);
    const { name, at } =
      awaitedIn(node.statement).find(one => loop.includes(one.name)) ?? {};
    return at ? [{ at, names: name }] : [];
  }
  if (!ts.isBlock(node) && !ts.isSourceFile(node)) return [];
  const awaited = node.statements.flatMap(awaitedIn);
  const started = node.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .filter(({ initializer: made }) => made && ts.isCallExpression(made))
    // It has a handler
    .filter(({ initializer }) => initializer.expression.name?.text !== 'catch')
    .map(({ name, end }) => ({
      end,
      ...awaited.find(one => one.name === name.getText()),
    }))
    .filter(({ at }) => at)
    .sort((a, b) => a.at.pos - b.at.pos);
  return started
    .slice(1)
    .map((second, index) => ({ ...second, first: started[index] }))
    .filter(({ end, first }) => end < first.at.pos)
    .map(({ at, name, first }) => ({ at, names: `${first.name} and ${name}` }));
}

const namesOf = name =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap(part => (part.name ? namesOf(part.name) : []));

/** What is awaited by its name in a statement, outside functions in it: `await it`, `await expect(it).rejects…`. */
function awaitedIn(statement) {
  const found = [];
  const visit = node => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isAwaitExpression(node)) {
      const [, name] =
        /^(?:expect\()?(\w+)(?:\)\s*\.(?:rejects|resolves)\b.*)?$/s.exec(
          node.expression.getText(),
        ) ?? [];
      if (name) found.push({ name, at: node });
    }
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return found;
}
