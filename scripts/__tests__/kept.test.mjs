import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository, runToEnd } from './helpers.mjs';

/** Says what it finds, and leaves what a test can leave. */
const file = (name, head = '') => `${head}
import { env, held, shared, stackHere } from './through';
import { asking, told } from './asking';
import { fixture } from '../dev/fixture';
const page = typeof document === 'object' ? document.body : { innerHTML: '' };
it('finds what it should', () => {
  const { late } = require('./late');
  late.push('${name}');
  shared.push('${name}');
  asking.push('${name}');
  fixture.push('${name}');
  told();
  console.log(JSON.stringify(['${name}', {
    shared, asking, fixture, late, told: told.mock.calls.length, line: /through\\.ts:(\\d+)/.exec(stackHere())![1], fetch: typeof fetch, process: held === process && env === process.env,
    left: [process.env.LEFT, process.listenerCount('exit'), page.innerHTML],
  }]));
  expect(new Date().getFullYear()).toBeGreaterThan(2025);
  process.env.LEFT = 'left';
  process.on('exit', () => {});
  Object.assign(globalThis, { fetch: undefined });
  page.innerHTML = 'left';
  jest.useFakeTimers({ now: 0 });
});`;

const resetting = `it('has a module of its own', () => {
  jest.resetModules();
  const { shared } = require('./shared');
  shared.push('resetting');
  console.log(JSON.stringify(['resetting', shared]));
});`;

const mock = `jest.mock('./shared', () => ({ shared: ['of a mock'] }));`;

/** By test file: what it has found, where all run in one process. */
async function found(folder, env) {
  const files = {
    '../dev/fixture.ts': 'export const fixture: string[] = [];',
    'shared.ts': 'export const shared: string[] = [];',
    'through.ts': `interface Left {
  out: string;
}
export const stackHere = (_?: Left) => new Error().stack!;
export * from './shared';
export const held = process;
export const { env } = process;`,
    'late.ts': 'export const late: string[] = [];',
    'asking.ts':
      'export const told = jest.fn(); export const asking: string[] = [];',
    'one.test.ts': file('one'),
    'two.test.ts': file('two'),
    'mocking.test.ts': file('mocking', mock),
    'resetting.test.ts': resetting,
  };
  const cwd = repository({
    installed: true,
    files: Object.fromEntries(
      Object.entries(files).map(([name, text]) => [
        join(folder, 'src', name),
        text,
      ]),
    ),
  });
  const jest = join(cwd, 'node_modules/jest/bin/jest.js');
  const args = ['--config', join(cwd, 'scripts/jest/config.cjs'), '-i'];
  const { code, output } = await runToEnd(jest, { args, env, cwd });
  assert.equal(code, 0, output);
  return Object.fromEntries(
    output
      .split('\n')
      .filter(line => line.trim().startsWith('["'))
      .map(line => JSON.parse(line)),
  );
}

const fresh = name => ({
  shared: [name],
  asking: [name],
  fixture: [name],
  late: [name],
  told: 1,
  line: '4',
  fetch: 'function',
  process: true,
  left: [null, 0, ''],
});
const apart = {
  one: fresh('one'),
  two: fresh('two'),
  mocking: { ...fresh('mocking'), shared: ['of a mock', 'mocking'] },
  resetting: ['resetting'],
};

for (const folder of ['packages/sandbox', 'plugins/eks-pod-identity']) {
  test(`in the time of CI, test files of ${folder} share modules, but no mocks, variables or page`, async () => {
    const { one, two, ...others } = await found(folder, {
      EKS_TEST_SAMPLE: '1',
    });
    // Either may be the first
    const [first, second] =
      one.shared.length === 1 ? ['one', 'two'] : ['two', 'one'];
    assert.deepEqual(
      { one, two, ...others },
      { ...apart, [second]: { ...fresh(second), shared: [first, second] } },
    );
  });

  test(`at night, test files of ${folder} share nothing`, async () => {
    assert.deepEqual(await found(folder), apart);
  });
}
