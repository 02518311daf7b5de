const ts = require('typescript');

const { SyntaxKind: Kind } = ts;

/** What takes the place of an operator, by its name, and of a method. */
const { operators, methods } = require('./faults.json');
const operatorsByKind = new Map(
  Object.entries(operators).map(([name, other]) => [Kind[name], other]),
);

/** What a log says changes nothing that the program does. */
const isLogCall = node =>
  ts.isCallExpression(node) &&
  /\blogger\??\.(debug|info|warn|error)$/i.test(node.expression.getText());

/**
 * Every small fault that can be put into a file: comparisons and logical operators flipped, booleans negated,
 * conditions made constant, returned values and filters left out. Texts, types and what is only logged are left alone.
 * Beside them, every block of statements and every expression that an arrow function returns: a fault that lies in one
 * has its number, one that runs while the file loads has none.
 *
 * @param {string} source
 * @returns {{
 *   mutants: { start: number, end: number, replacement: string, line: number, from: string, block?: number }[],
 *   blocks: { start: number, end: number, isExpression: boolean }[],
 * }}
 */
function readSource(source) {
  const file = ts.createSourceFile(
    'x.ts',
    source,
    ts.ScriptTarget.ES2022,
    true,
  );
  const mutants = [];
  const blocks = [];
  const visit = (node, outer) => {
    if (
      ts.isTypeNode(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isImportDeclaration(node)
    ) {
      return;
    }
    const place = { ...outer, silent: outer.silent || isLogCall(node) };
    const isExpression = ts.isArrowFunction(node.parent ?? file)
      ? node.parent.body === node && !ts.isBlock(node)
      : false;
    if (ts.isBlock(node) || isExpression) {
      const start = node.getStart(file);
      place.block = blocks.push({ start, end: node.end, isExpression }) - 1;
    }
    if (!place.silent) {
      for (const [at, replacement] of faultsOf(node)) {
        const start = at.getStart(file);
        mutants.push({
          start,
          end: at.end,
          replacement,
          line: file.getLineAndCharacterOfPosition(start).line + 1,
          from: at.getText(file).split('\n')[0],
          block: place.block,
        });
      }
    }
    ts.forEachChild(node, child => visit(child, place));
  };
  visit(file, {});
  return { mutants, blocks };
}

/** What can be put wrong at a node itself: pairs of a node and the text in its place. */
function faultsOf(node) {
  if (ts.isBinaryExpression(node)) {
    if (node.operatorToken.kind === Kind.QuestionQuestionToken) {
      // Beside another ?? an && without parentheses does not compile, which no test has to notice
      return [
        [node, `((${node.left.getText()}) && (${node.right.getText()}))`],
      ];
    }
    const operator = operatorsByKind.get(node.operatorToken.kind);
    return operator ? [[node.operatorToken, operator]] : [];
  }
  if (node.kind === Kind.TrueKeyword) return [[node, 'false']];
  if (node.kind === Kind.FalseKeyword) return [[node, 'true']];
  if (ts.isIfStatement(node)) return constants(node.expression);
  if (ts.isConditionalExpression(node)) return constants(node.condition);
  if (
    ts.isPrefixUnaryExpression(node) &&
    node.operator === Kind.ExclamationToken
  ) {
    return [[node, `(${node.operand.getText()})`]];
  }
  if (ts.isReturnStatement(node) && node.expression) {
    const nothing = node.expression.getText() === 'undefined';
    return nothing ? [] : [[node.expression, 'undefined']];
  }
  if (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression)
  ) {
    const { name, expression } = node.expression;
    if (Object.hasOwn(methods, name.text)) {
      return [[name, methods[name.text]]];
    }
    if (name.text === 'filter') return [[node, expression.getText()]];
  }
  return [];
}

const constants = node => [
  [node, 'true'],
  [node, 'false'],
];

/** The source with a call of `__hit` at the start of each block, which says that a test has come there. */
function instrumented(source, name) {
  return readSource(source)
    .blocks.flatMap(({ start, end, isExpression }, number) => {
      const hit = `__hit(${JSON.stringify(`${name}:${number}`)})`;
      return isExpression
        ? [
            [start, `(${hit}, `],
            [end, ')'],
          ]
        : [[start + 1, `${hit};`]];
    })
    .sort(([a], [b]) => b - a)
    .reduce(
      (text, [at, added]) => text.slice(0, at) + added + text.slice(at),
      source,
    );
}

module.exports = { instrumented, readSource };
