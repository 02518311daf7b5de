import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';
import { programs, repository, runToEnd, temporaryFolder } from './helpers.mjs';

const tsconfig = {
  compilerOptions: {
    noEmit: true,
    strict: true,
    types: [],
    skipLibCheck: true,
  },
  include: ['code.ts'],
};

async function npmTest(stages, { files = {}, env = {} } = {}) {
  const folder = repository({
    installed: true,
    files: {
      '.prettierignore': '*\n!code.ts\n',
      ...files,
    },
  });
  const { code, output } = await runToEnd(join(folder, 'scripts/test.mjs'), {
    args: stages,
    env,
  });
  return { code, output, closing: output.trimEnd().split('\n').pop() };
}

test('a failing stage does not keep the others from running, and is counted and explained', async () => {
  const { code, output, closing } = await npmTest(['types', 'prettier'], {
    files: {
      'tsconfig.json': JSON.stringify(tsconfig, undefined, 2).concat('\n'),
      'code.ts': "export const port: number = 'busy';\n",
    },
  });
  assert.match(output, /code\.ts\(1,14\): error TS2322/);
  assert.match(output, /Seconds per stage/);
  assert.match(output, /^ {2}types +\d+\.\d$/m);
  assert.match(output, /^ {2}prettier +\d+\.\d$/m);
  assert.equal(code, 1);
  assert.match(output, /types: types/);
  assert.equal(closing, '1 passed, 1 failed');
});

test('an unknown stage is told with the stages there are', async () => {
  const { code, output } = await npmTest(['typos']);
  assert.equal(code, 1);
  assert.match(output, /no stage "typos"/);
  assert.match(output, /types.*lint|lint.*types/);
});

test('without its tools a stage is skipped with what to install, and in CI that is a failure', async () => {
  const PATH = programs();
  const here = await npmTest(['lab'], { env: { PATH } });
  assert.match(
    here.output,
    /SKIPPED: aws not found on PATH – install with: .*awscli/,
  );
  assert.equal(here.closing, '0 passed, 0 failed, 1 skipped');
  assert.equal(here.code, 0);
  const inCi = await npmTest(['lab'], { env: { PATH, CI: 'true' } });
  assert.match(inCi.output, /SKIPPED: aws not found on PATH/);
  assert.equal(inCi.closing, '0 passed, 1 failed');
  assert.equal(inCi.code, 1);
});

test('an aws of version 1 that comes first on PATH is passed over', async () => {
  const old = programs({ aws: 'echo aws-cli/1.44.2 Python/3.12' });
  const right = programs({ aws: 'echo aws-cli/2.23.6 Python/3.13' });
  const { output } = await npmTest(['lab'], {
    env: { PATH: `${old}:${right}` },
  });
  assert.match(output, new RegExp(`aws 2\\.23\\.6 \\(${right}/aws\\)`));
});

test('missing tools are installed one by one from the packages of Debian, where we are root on it', async t => {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    t.skip('this is not root on Debian or Ubuntu');
    return;
  }
  const brought = temporaryFolder();
  const calls = join(brought, 'calls');
  const give = (name, answer) =>
    `printf '#!/bin/sh\\necho ${answer}\\n' > ${brought}/${name}; chmod +x ${brought}/${name}`;
  const bin = programs({
    'apt-get': `echo "$@" >> ${calls}
      case "$*" in
        *awscli) ${give('aws', 'aws-cli/2.23.6')} ;;
        *kubectl) echo 'E: Unable to locate package kubectl'; exit 100 ;;
      esac`,
    chmod: 'exec /bin/chmod "$@"',
  });
  const { output } = await npmTest(['lab'], {
    env: { PATH: `${bin}:${brought}` },
  });
  assert.match(output, /aws 2\.23\.6/);
  assert.match(output, /kubectl: E: Unable to locate package kubectl/);
  assert.match(output, /SKIPPED: kubectl not found on PATH – install with/);
  assert.deepEqual(readFileSync(calls, 'utf8').trim().split('\n'), [
    'update',
    'install -y --no-install-recommends awscli',
    'install -y --no-install-recommends kubectl',
  ]);
});

test('a benchmark prints its figures, one JSON line each, and nothing else on standard output', async () => {
  const { code, stdout } = await runToEnd(join(root, 'scripts/bench.mjs'), {
    args: ['setup'],
  });
  assert.equal(code, 0);
  const figures = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.equal(figures.length, 1);
  assert.equal(figures[0].unit, 'ms');
  assert.ok(figures[0].value > 0 && figures[0].value < 2_000);
});

test('stages that find no test at all have failed', async () => {
  const found = programs({
    aws: 'echo aws-cli/2.23.6',
    kubectl: 'echo Client Version: v1.32.3',
  });
  const { code, output, closing } = await npmTest(['lab'], {
    env: { PATH: `${found}:${process.env.PATH}` },
  });
  assert.match(output, /No test ran/);
  assert.equal(closing, '0 passed, 1 failed');
  assert.equal(code, 1);
});
