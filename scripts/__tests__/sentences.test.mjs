import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';

// That of Backstage's CLI, which runs it
const require = createRequire(import.meta.url);
const { ESLint } = createRequire(
  require.resolve('@backstage/cli/package.json'),
)('eslint');

const problems = async (name, file, line) => {
  const eslint = new ESLint({ cwd: join(root, name) });
  const code = `export const read = (check: any, error: any, reason: any) =>\n  ${line};\n`;
  const [{ messages }] = await eslint.lintText(code, { filePath: file });
  return messages.map(({ ruleId }) => ruleId);
};
const HELD = ['no-restricted-syntax'];

for (const [name, file, line, expected] of [
  ['packages/engine', 'src/setup/x.ts', '/a/.test(check.message)', HELD],
  ['packages/engine', 'src/setup/x.ts', '/a/.test(error.message)', []],
  ['packages/engine', 'src/setup/x.ts', 'check.message === reason', []],
  ['packages/engine', 'src/aws/denial.ts', 'reason.split(" ")', []],
  ['packages/engine', 'src/setup/x.test.ts', 'reason.split(" ")', []],
  ['packages/cli', 'src/x.ts', 'check.fix.cause.slice(2)', HELD],
  ['plugins/eks-pod-identity', 'src/x.tsx', 'check?.headline.match(/a/)', HELD],
]) {
  test(`${file} of ${name}: ${line}`, async () => {
    assert.deepEqual(await problems(name, file, line), expected);
  });
}

for (const name of ['packages/engine', 'plugins/eks-pod-identity-backend']) {
  test(`${name} makes an exception of no file that is gone`, () => {
    const { overrides } = require(join(root, name, '.eslintrc.js'));
    const files = overrides
      .at(-1)
      .excludedFiles.filter(file => !file.startsWith('**'));
    assert.notEqual(files.length, 0);
    const gone = files.filter(file => !existsSync(join(root, name, file)));
    assert.deepEqual(gone, []);
  });
}
