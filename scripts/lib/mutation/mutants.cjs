const ts = require('typescript');

const { SyntaxKind: Kind } = ts;

const OPERATORS = {
  [Kind.EqualsEqualsEqualsToken]: '!==',
  [Kind.ExclamationEqualsEqualsToken]: '===',
  [Kind.LessThanToken]: '<=',
  [Kind.LessThanEqualsToken]: '<',
  [Kind.GreaterThanToken]: '>=',
  [Kind.GreaterThanEqualsToken]: '>',
  [Kind.AmpersandAmpersandToken]: '||',
  [Kind.BarBarToken]: '&&',
  [Kind.QuestionQuestionToken]: '&&',
};

const METHODS = {
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
};

/**
 * Every small fault that can be put into a file: comparisons and logical operators flipped, booleans negated,
 * conditions made constant, returned values and filters left out. Texts and types are left alone.
 *
 * @param {string} source
 * @returns {{ start: number, end: number, replacement: string, line: number, from: string }[]}
 */
function mutantsOf(source) {
  const file = ts.createSourceFile(
    'x.ts',
    source,
    ts.ScriptTarget.ES2022,
    true,
  );
  const found = [];
  const replace = (node, replacement) => {
    const start = node.getStart(file);
    found.push({
      start,
      end: node.end,
      replacement,
      line: file.getLineAndCharacterOfPosition(start).line + 1,
      from: node.getText(file).split('\n')[0],
    });
  };
  const condition = node => {
    replace(node, 'true');
    replace(node, 'false');
  };
  const visit = node => {
    if (
      ts.isTypeNode(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isImportDeclaration(node)
    ) {
      return;
    }
    if (ts.isBinaryExpression(node)) {
      const operator = OPERATORS[node.operatorToken.kind];
      if (operator) replace(node.operatorToken, operator);
    } else if (node.kind === Kind.TrueKeyword) {
      replace(node, 'false');
    } else if (node.kind === Kind.FalseKeyword) {
      replace(node, 'true');
    } else if (ts.isIfStatement(node)) {
      condition(node.expression);
    } else if (ts.isConditionalExpression(node)) {
      condition(node.condition);
    } else if (
      ts.isPrefixUnaryExpression(node) &&
      node.operator === Kind.ExclamationToken
    ) {
      replace(node, `(${node.operand.getText(file)})`);
    } else if (ts.isReturnStatement(node) && node.expression) {
      const returned = node.expression.getText(file);
      if (returned !== 'undefined') replace(node.expression, 'undefined');
    } else if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression)
    ) {
      const { name, expression } = node.expression;
      if (METHODS[name.text]) replace(name, METHODS[name.text]);
      if (name.text === 'filter') replace(node, expression.getText(file));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

module.exports = { mutantsOf };
