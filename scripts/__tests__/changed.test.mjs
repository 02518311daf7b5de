import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { programs, repository, runToEnd } from './helpers.mjs';

const sandbox = 'packages/sandbox/src';
const passes = name => `it('${name}', () => expect(${name}).toBe(1));\n`;

/** On a separate branch, with nothing changed yet. */
function branch() {
  const folder = repository({
    installed: true,
    files: {
      '.prettierignore': '*\n!*.md\n!*.ts\n!docs\n!packages\n!packages/**\n',
      '.gitignore': '.cache\nnode_modules\n.toolchain\n',
      'docs/rights.md': 'Rights\n',
      'docs/other.md': '*  not   pretty\n',
      [`${sandbox}/base.ts`]: 'export const base = 1;\n',
      [`${sandbox}/base.test.ts`]: `import { base } from './base';\n${passes(
        'base',
      )}`,
      'packages/backend/src/far.test.ts': `import { base as far } from '../../sandbox/src/base';\n${passes(
        'far',
      )}`,
      [`${sandbox}/page.test.ts`]: `import { readFileSync } from 'node:fs';\nconst page = readFileSync('docs/rights.md', 'utf8').split('R').length - 1;\n${passes(
        'page',
      )}`,
      [`${sandbox}/unrelated.test.ts`]: `it('is not run', () => expect(1).toBe(2));\n`,
    },
  });
  const git = (...args) =>
    execFileSync(
      'git',
      ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args],
      { cwd: folder, stdio: 'pipe' },
    );
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'Start');
  git('checkout', '-q', '-b', 'work');
  // Without them the lab is left out, whatever has changed
  const tools = programs({
    aws: 'echo aws-cli/2.23.6',
    kubectl: 'echo Client Version: v1.32.3',
  });
  const npmTest = async (...args) => {
    const { code, output } = await runToEnd(join(folder, 'scripts/test.mjs'), {
      args: ['--changed', ...args],
      env: { PATH: `${tools}:${process.env.PATH}` },
    });
    return { code, output, closing: output.trimEnd().split('\n').pop() };
  };
  const append = (file, text) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    appendFileSync(join(folder, file), text);
  };
  return { folder, git, npmTest, append };
}

test('--changed runs the tests that depend on what was committed on the branch, in any package', async () => {
  const { git, npmTest, append } = branch();
  append(`${sandbox}/base.ts`, 'export const more = 2;\n');
  git('commit', '-qam', 'More');
  const { output, closing, code } = await npmTest('prettier', 'setup', 'unit');
  assert.match(output, /Differs from main at \w{7}: 1 files/);
  assert.match(output, /– +setup .*does not touch it/);
  assert.match(output, /ok +unit .* 2 passed/);
  assert.equal(closing, '3 passed, 0 failed');
  assert.equal(code, 0);
});

test('--changed runs the tests that name a changed page, committed or not', async () => {
  const { npmTest, append } = branch();
  append('docs/rights.md', '\nMore\n');
  const { closing } = await npmTest('prettier', 'unit');
  assert.equal(closing, '2 passed, 0 failed');
});

test('--changed finds fault with a new file that is not added yet, and with no old one', async () => {
  const { npmTest, append } = branch();
  append('docs/new.md', '*  not   pretty\n');
  append(`${sandbox}/lonely.ts`, 'export const lonely = 1;\n');
  const { output, closing, code } = await npmTest('prettier', 'unit', 'lab');
  assert.match(output, /docs\/new\.md/);
  assert.doesNotMatch(output, /docs\/other\.md/);
  assert.match(output, /– +unit .*does not touch it/);
  assert.equal(closing, '0 passed, 1 failed');
  assert.equal(code, 1);
});

test('--changed without a branch main, or with a path beside it, says what to do', async () => {
  const { git, npmTest } = branch();
  const both = await npmTest('unit', '--', 'base');
  assert.match(both.output, /Leave out one of the two/);
  git('branch', '-D', 'main');
  const { code, output } = await npmTest('unit');
  assert.equal(code, 1);
  assert.match(output, /git fetch origin main:main/);
});
