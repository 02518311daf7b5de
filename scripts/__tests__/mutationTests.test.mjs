import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Judge } from '../lib/mutation/Judge.mjs';
import { namesFor, testsFor } from '../lib/mutation/tests.mjs';
import { join } from 'node:path';
import { root } from '../lib/paths.mjs';

const at = path => join(root, 'packages/engine/src', path);
const FILE = at('lifecycle/role/planRole.ts');
const testOf = (path, isQuick, more = []) => ({
  file: at(path),
  isQuick,
  files: new Set([FILE, ...more]),
});

test('the quick tests near a file are asked alone, unless the slow ones are wanted too', () => {
  const beside = testOf('lifecycle/role/planRole.test.ts', true);
  const above = testOf('lifecycle/sharing.test.ts', false);
  const far = testOf('setup/checkSetup.test.ts', false);
  const farAndQuick = testOf('iam/glob.test.ts', true, ['one more']);
  const other = {
    ...testOf('lifecycle/role/x.test.ts', true),
    files: new Set(),
  };
  const all = [far, farAndQuick, above, beside, other];
  const folder = 'packages/engine/src/lifecycle';
  assert.deepEqual(testsFor(FILE, { folder }, all), [beside]);
  assert.deepEqual(testsFor(FILE, { folder, slow: true }, all), [
    beside,
    above,
    far,
    farAndQuick,
  ]);
  assert.deepEqual(testsFor(FILE, { folder }, [far, above]), [above, far]);
});

const measured = {
  ms: 100,
  around: ['f:0'],
  tests: [
    { name: 'slow', ms: 50, hits: ['f:1'] },
    { name: 'quick', ms: 10, hits: ['f:1', 'f:2'] },
    { name: 'broken', ms: 0, hits: ['f:1'], failure: 'no' },
  ],
};

test('of a file the tests that come to the place are run, quickest first, as long as there is time', () => {
  assert.deepEqual(namesFor(measured, 'f:1', 100), {
    names: ['quick', 'slow'],
    cost: 100,
  });
  assert.deepEqual(namesFor(measured, 'f:1', 99), {
    names: ['quick'],
    cost: 50,
  });
  assert.deepEqual(namesFor(measured, 'f:2', 0).names, ['quick']);
  assert.equal(namesFor(measured, 'f:3', 100), undefined);
  for (const everywhere of ['f:0', undefined]) {
    assert.equal(namesFor(measured, everywhere, 100).names.length, 2);
  }
});

/** A process of tests that finds these failures of a run: with a fault, without one. */
async function verdictOf({ hit, isQuick = false, withFault, without }) {
  const failing = failure => ({
    failure: undefined,
    tests: [{ name: 'a', ms: 1, failure }],
    around: [],
    ms: 1,
  });
  const runs = [];
  const verdict = await new Judge(1_000).verdict(
    {
      run: async job => {
        runs.push(job);
        if (!job.names) {
          return {
            ms: 1,
            around: [],
            tests: [{ name: 'a', ms: 1, hits: hit ? [hit] : [] }],
          };
        }
        return failing(job.mutant ? withFault : without);
      },
    },
    {
      mutant: { file: FILE, block: 3, start: 0, end: 1, replacement: 'x' },
      tests: [{ file: at('x.test.ts'), isQuick }],
    },
  );
  return [verdict, runs.length];
}

const hit = 'packages/engine/src/lifecycle/role/planRole.ts:3';

test('a fault is noticed by a failure that goes when it is taken out', async t => {
  t.mock.method(console, 'error', () => {});
  assert.deepEqual(await verdictOf({ hit, withFault: 'no' }), ['noticed', 3]);
  assert.deepEqual(await verdictOf({ hit, withFault: 'no', without: 'no' }), [
    'survived',
    3,
  ]);
  assert.deepEqual(await verdictOf({ hit }), ['survived', 2]);
});

test('a quick test is believed at once, but not that it took too long', async t => {
  t.mock.method(console, 'error', () => {});
  const quick = { hit, isQuick: true };
  assert.deepEqual(await verdictOf({ ...quick, withFault: 'no' }), [
    'noticed',
    2,
  ]);
  const late = 'Exceeded timeout of 5 ms';
  assert.deepEqual(
    await verdictOf({ ...quick, withFault: late, without: late }),
    ['survived', 3],
  );
});

test('tests that need those before them are run with all of their file', async () => {
  const names = ['first', 'second'];
  const place = 'packages/engine/src/lifecycle/role/planRole.ts:3';
  const runs = [];
  const run = async job => {
    runs.push(job.names ?? 'measured');
    const isAlone = job.names?.length === 1;
    return {
      ms: 2,
      around: [],
      tests: names.map(name => ({
        name,
        ms: 1,
        hits: name === 'second' ? [place] : [],
        failure: isAlone || job.mutant ? 'no' : undefined,
      })),
    };
  };
  const judge = new Judge(1_000);
  const asked = {
    mutant: { file: FILE, block: 3, start: 0, end: 1, replacement: 'x' },
    tests: [{ file: at('x.test.ts'), isQuick: false }],
  };
  const alone = ['second'];
  assert.equal(await judge.verdict({ run }, asked), 'noticed');
  assert.deepEqual(runs, ['measured', alone, alone, names, names]);
  assert.equal(await judge.verdict({ run }, asked), 'noticed');
  assert.deepEqual(runs.slice(5), [names, names]);
});

test('a file that takes long leaves the others their time', async () => {
  const runs = [];
  const run = async job => {
    const tests = [90, 300, 400].map(ms => ({
      name: `${ms}`,
      ms,
      hits: [hit],
      failure: undefined,
    }));
    if (job.names) runs.push(job.names);
    return { ms: 790, around: [], tests };
  };
  const tests = ['x', 'y'].map(name => ({ file: at(`${name}.test.ts`) }));
  const mutant = { file: FILE, block: 3, start: 0, end: 1, replacement: 'x' };
  await new Judge(1_200).verdict({ run }, { mutant, tests });
  assert.deepEqual(runs, [
    ['90', '300'],
    ['90', '300'],
  ]);
});

test('what no test comes to survives without a run', async () => {
  assert.deepEqual(await verdictOf({ hit: 'other:3' }), ['untested', 1]);
});
