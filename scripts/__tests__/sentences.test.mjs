import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';

// That of Backstage's CLI, which runs it
const { resolve } = createRequire(import.meta.url);
const { ESLint } = createRequire(resolve('@backstage/cli/package.json'))(
  'eslint',
);

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
