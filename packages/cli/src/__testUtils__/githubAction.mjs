/**
 * Reads a composite action as a runner would: GitHub's own parser checks its file against GitHub's schema, and its own
 * evaluator fills the expressions in. Prints the steps as JSON; what they run is left to the caller.
 *
 *   node githubAction.mjs action.yml '{"input":"value"}'
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { build } from 'esbuild';
import { parse } from 'yaml';

/** The libraries import JSON as a bundler understands it, and Node does not. */
async function githubLibraries() {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export * from '@actions/expressions';
        export { NoOperationTraceWriter } from '@actions/workflow-parser';
        export { parseAction } from '@actions/workflow-parser/actions/action-parser';
        export { convertActionTemplate } from '@actions/workflow-parser/actions/action-template';`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  const made = { exports: {} };
  compileFunction(outputFiles[0].text, ['module', 'exports', 'require'])(
    made,
    made.exports,
    createRequire(import.meta.url),
  );
  return made.exports;
}

const {
  convertActionTemplate,
  data,
  Evaluator,
  Lexer,
  NoOperationTraceWriter,
  parseAction,
  Parser,
} = await githubLibraries();

const [path, given = '{}'] = process.argv.slice(2);
const content = readFileSync(path, 'utf8');
const { context, value } = parseAction(
  { name: 'action.yml', content },
  new NoOperationTraceWriter(),
);
const errors = context.errors.getErrors().map(({ message }) => message);
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}
const action = convertActionTemplate(context, value);

const inputs = new data.Dictionary();
const named = JSON.parse(given);
for (const { id, default: preset } of action.inputs) {
  const text = named[id] ?? preset?.toString() ?? '';
  inputs.add(id, new data.StringData(text));
}
const unknown = Object.keys(named).filter(
  name => !action.inputs.some(({ id }) => id === name),
);
if (unknown.length > 0) {
  console.error(`The action has no input ${unknown.join(', ')}.`);
  process.exit(1);
}
const contexts = new data.Dictionary({ key: 'inputs', value: inputs });

/** The text of a token; an expression is evaluated. */
function filled(token) {
  if (!token.isExpression) return token.toString();
  const { tokens } = new Lexer(token.expression).lex();
  const parsed = new Parser(tokens, ['inputs'], []).parse();
  return new Evaluator(parsed, contexts).evaluate().coerceString();
}

const pairs = mapping =>
  mapping
    ? Array.from({ length: mapping.count }, (_, index) => mapping.get(index))
    : [];

console.log(
  JSON.stringify(
    action.runs.steps.map((step, index) => ({
      id: step.id,
      shell: parse(content).runs.steps[index].shell,
      run: step.run && filled(step.run),
      isExpression: Boolean(step.run?.isExpression),
      env: Object.fromEntries(
        pairs(step.env).map(({ key, value: token }) => [
          key.toString(),
          filled(token),
        ]),
      ),
    })),
  ),
);
