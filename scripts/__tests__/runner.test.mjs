import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isForTheNight } from '../lib/needs.mjs';
import { root } from '../lib/paths.mjs';
import { bringTools } from '../lib/tools.mjs';
import { filesLike } from '../lib/workspaces.mjs';
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
  assert.match(output, /^ {2}types( +\d+\.\d){3}$/m);
  assert.match(output, /^ {2}prettier( +\d+\.\d){3}$/m);
  assert.equal(code, 1);
  assert.match(output, /types: types/);
  assert.equal(closing, '1 passed, 1 failed');
});

test('an unknown stage is an error that lists the stages', async () => {
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

test('an aws that is too old is passed over, and the run goes on with a later one on PATH', async () => {
  const one = programs({ aws: 'echo aws-cli/1.44.2 Python/3.12' });
  const two = programs({ aws: 'echo aws-cli/2.9.19 Python/3.11.2' });
  const right = programs({ aws: 'echo aws-cli/2.15.0 Python/3.13' });
  const { output } = await npmTest(['lab'], {
    env: { PATH: `${one}:${two}:${right}` },
  });
  assert.match(output, new RegExp(`aws 2\\.15\\.0 \\(${right}/aws\\)`));
});

/** One test file that passes where its program is at least said to be there. */
const labTest = tool => `/** @needs ${tool} */
import { execFileSync } from 'node:child_process';
it('runs ${tool}', () => {
  const path = process.env.${tool === 'aws' ? 'AWS_CLI' : 'KUBECTL'};
  expect(execFileSync(path, ['proxy'], { encoding: 'utf8' })).toContain('127.0.0.1');
});
`;

test('tests whose aws is too old are left out by name, with what was found and what to do; the others run', async () => {
  const sandbox = 'packages/sandbox/src';
  const files = {
    [`${sandbox}/a.lab.test.ts`]: labTest('aws'),
    [`${sandbox}/b.lab.test.ts`]: labTest('kubectl'),
  };
  const found = programs({
    aws: 'echo aws-cli/2.9.19 Python/3.11.2',
    kubectl: 'echo Client Version: v1.32.3 by $HTTPS_PROXY',
    // Nothing newer is to be had
    'apt-get': 'exit 100',
  });
  const env = { PATH: found };
  const here = await npmTest(['lab'], { files, env });
  assert.match(here.output, /LEFT OUT: aws not found on PATH/);
  assert.match(
    here.output,
    new RegExp(`${found}/aws is 2\\.9\\.19, older than 2\\.15`),
  );
  assert.match(here.output, /install with: .*AWS CLI version 2/);
  assert.match(here.output, /^ +packages\/sandbox\/src\/a\.lab\.test\.ts$/m);
  assert.equal(here.closing, '1 passed, 0 failed, 1 skipped');
  assert.equal(here.code, 0);
  const inCi = await npmTest(['lab'], { files, env: { ...env, CI: 'true' } });
  assert.equal(inCi.closing, '1 passed, 1 failed');
  assert.match(inCi.output, /LEFT OUT: aws not found on PATH/);
  assert.equal(inCi.code, 1);
});

test('files and cases that are for the night run with --all and where they are named', async () => {
  const sandbox = 'packages/sandbox/src';
  const files = {
    [`${sandbox}/a.lab.test.ts`]: `/** @needs kubectl */
      import { sample } from '../patience/sample';
      it.each(sample([1, 2, 3, 4], 2))('tries %i', () => {});
      it('@night tries all', () => {});`,
    [`${sandbox}/b.lab.test.ts`]: `/**
       * @needs kubectl
       * @night \`a.lab\` tries the same
       */
      it('runs', () => {});`,
    'scripts/__tests__/c.test.mjs': `import { test } from 'node:test';
      test('runs', () => {});
      test('@night runs', () => {});`,
  };
  const env = {
    PATH: programs({
      aws: 'echo aws-cli/2.23.6',
      kubectl: 'echo Client Version: v1.32.3 by $HTTPS_PROXY',
    }),
  };
  const end = async (...stages) => {
    const { output, closing } = await npmTest(stages, { files, env });
    return [closing, output.includes(`\n  ${sandbox}/b.lab.test.ts\n`)];
  };
  assert.deepEqual(await end('lab'), ['2 passed, 0 failed', true]);
  assert.deepEqual(await end('lab', '--all'), ['6 passed, 0 failed', false]);
  assert.deepEqual(await end('setup'), ['1 passed, 0 failed', false]);
  assert.deepEqual(await end('setup', '--all'), ['2 passed, 0 failed', false]);
  const named = await end('lab', '--', 'b.lab');
  assert.deepEqual(named, ['1 passed, 0 failed', false]);
});

test('what is left to the night names tests that are there, and that no night has', () => {
  const files = filesLike(/\.(test|e2e)\.tsx?$/);
  const night = files.filter(isForTheNight);
  assert.ok(night.length > 0);
  for (const file of night) {
    const source = readFileSync(join(root, file), 'utf8');
    const [comment] = /@night .*/.exec(source);
    const names = [...comment.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    assert.ok(names.length > 0, file);
    for (const name of names) {
      const is = new RegExp(`/${name}(\\.\\w+)?\\.test\\.tsx?$`);
      const quicker = files.filter(one => is.test(one) && !night.includes(one));
      assert.ok(quicker.length > 0, `${file} names ${name}`);
    }
  }
});

test('a path after the second -- narrows the lab', async () => {
  const sandbox = 'packages/sandbox/src';
  const { output, closing } = await npmTest(['lab', '--', 'b.lab'], {
    files: {
      [`${sandbox}/a.lab.test.ts`]: labTest('kubectl'),
      [`${sandbox}/b.lab.test.ts`]: labTest('kubectl'),
      [`${sandbox}/b.test.ts`]:
        'it("is no lab", () => { throw new Error(); });',
    },
    env: {
      PATH: programs({
        aws: 'echo aws-cli/2.23.6',
        kubectl: 'echo Client Version: v1.32.3 by $HTTPS_PROXY',
      }),
    },
  });
  assert.equal(closing, '1 passed, 0 failed', output);
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
        *kubectl|*-shell) echo "E: Unable to locate package $4"; exit 100 ;;
        *chromium) ${give('chromium', 'Chromium 156.0.1')} ;;
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
  const { chromium } = await bringTools(['chromium'], {
    PATH: `${bin}:${brought}`,
  });
  assert.equal(chromium.version, '156.0.1');
});

test('a benchmark prints its figures, one JSON line each, and nothing else on standard output', async () => {
  const { code, stdout } = await runToEnd(join(root, 'scripts/bench.mjs'), {
    args: ['setup'],
  });
  const figures = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.equal(figures.length, 1);
  // A machine that pauses misses the goal
  assert.equal(code, figures[0].reached ? 0 : 1);
  assert.equal(figures[0].unit, 'ms');
  assert.ok(figures[0].value > 0);
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
