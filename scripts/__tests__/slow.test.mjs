import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { root } from '../lib/paths.mjs';
import { numbersOf, refuseElsewhere } from '../lib/slow.mjs';
import { repository, runToEnd, temporaryFolder } from './helpers.mjs';

const skip =
  (process.platform !== 'linux' && 'processes are found in /proc') ||
  (process.env.EKS_TEST_SLOW && 'a slow run stops these processes already');

/** Four generations: some in a group of their own, one whose parent ends before it could be seen. */
const tree = `
  echo $$; sleep 1000 & echo $!
  setsid sh -c 'echo $$; sleep 1000 & echo $!; ( (sleep 1000 & echo $!) & ); wait' & wait`;
const size = 5;

/** A process that starts the tree, slows it down, and says what it did when its standard input ends. */
const runner = `
  import { spawn } from 'node:child_process';
  import { slowDown } from '${pathToFileURL(
    join(root, 'scripts/lib/slow.mjs'),
  )}';
  process.on('SIGTERM', () => {}); 
  const child = spawn('sh', ['-c', ${JSON.stringify(
    tree,
  )}], { stdio: ['ignore', 'pipe', 'inherit'] });
  let pids = '';
  child.stdout.on('data', text => {
    pids += text;
    if (pids.trim().split('\\n').length < ${size} || !pids.endsWith('\\n')) return;
    child.stdout.removeAllListeners('data');
    const slow = slowDown('seed 1');
    console.log(JSON.stringify({ stopper: slow.pid, pids: pids.trim().split('\\n').map(Number) }));
    process.stdin.resume().on('close', async () => {
      const what = await slow.end().catch(({ message }) => ({ message }));
      console.log(JSON.stringify(what));
      process.exit();
    });
  });
`;

const leftovers = new Set();
after(() => leftovers.forEach(pid => end(pid)));

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended
  }
}

async function startTree() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', runner], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  const say = async () => JSON.parse((await lines.next()).value);
  const { stopper, pids } = await say();
  [child.pid, stopper, ...pids].forEach(pid => leftovers.add(pid));
  return { child, stopper, pids, say };
}

/** T where it is stopped; undefined where it has ended. */
function stateOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0];
  } catch {
    return undefined;
  }
}

const stopped = pids => pids.filter(pid => stateOf(pid) === 'T');

function assertAllRun(pids) {
  const states = pids.map(stateOf);
  assert.ok(!states.includes('T') && !states.includes(undefined), states);
}

test(
  '@night every process below one is stopped for 60 % of the time, and no other',
  { skip },
  async () => {
    const stranger = spawn('sleep', ['1000']);
    leftovers.add(stranger.pid);
    const { child, stopper, pids, say } = await startTree();
    const seen = new Map(pids.map(pid => [pid, 0]));
    const others = [stranger.pid, child.pid, stopper, process.pid];
    let samples = 0;
    for (
      const start = performance.now();
      performance.now() - start < 10_000;

    ) {
      samples += 1;
      stopped(pids).forEach(pid => seen.set(pid, seen.get(pid) + 1));
      assert.deepEqual(stopped(others), []);
      await sleep(20);
    }
    child.stdin.end();
    const { stops, processes, share } = await say();
    assertAllRun(pids);
    assert.equal(stateOf(stopper), undefined);
    const shares = [...seen.values()].map(count => count / samples);
    shares.forEach(one => assert.ok(one > 0.25 && one < 0.95, `${shares}`));
    const mean = shares.reduce((sum, one) => sum + one, 0) / size;
    assert.ok(Math.abs(mean - 0.6) < 0.1, `${shares}`);
    assert.ok(Math.abs(mean - share) < 0.05, `${mean}, said to be ${share}`);
    assert.equal(processes, size);
    assert.ok(stops >= 2 * size, `${stops} stops`);
  },
);

for (const [who, signal] of [
  ['child', 'SIGKILL'],
  ['stopper', 'SIGKILL'],
]) {
  const name = who === 'child' ? 'what started them' : 'what stops them';
  test(
    `no process stays stopped where ${name} ends by ${signal}`,
    { skip },
    async () => {
      const { child, stopper, pids, say } = await startTree();
      while (stopped(pids).length < 2) {
        await sleep(5);
      }
      process.kill(who === 'child' ? child.pid : stopper, signal);
      if (who === 'stopper') {
        child.stdin.end();
        assert.match((await say()).message, /ended by itself/);
      }
      while (stateOf(stopper) !== undefined) {
        await sleep(5);
      }
      assertAllRun(pids);
    },
  );
}

test('a seed makes the same pieces each time, another one others', () => {
  const first = seed => numbersOf(seed).take(5).toArray();
  assert.deepEqual(first('1/unit/1'), first('1/unit/1'));
  assert.notDeepEqual(first('1/unit/1'), first('1/unit/2'));
});

test(
  '@night "--slow" slows the stages that run tests, and says so at both ends',
  { skip },
  async () => {
    const log = join(temporaryFolder(), 'gaps');
    const { code, output } = await runToEnd(
      join(
        repository({
          installed: true,
          files: {
            '.prettierignore': '*\n',
            'scripts/__tests__/pauses.test.mjs': `
            import { appendFileSync } from 'node:fs';
            import { test } from 'node:test';
            test('sees a pause', async () => {
              for (let before = performance.now(); performance.now() - before < 500; ) {
                before = performance.now();
                await new Promise(resolve => setTimeout(resolve, 20));
                appendFileSync('${log}', '.');
              }
            });`,
          },
        }),
        'scripts/test.mjs',
      ),
      { args: ['--slow', '--seed', '3', 'prettier', 'setup'] },
    );
    assert.equal(code, 0, output);
    assert.match(output, /^Slow: processes are stopped by the seed 3$/m);
    assert.match(output, /^Slow, by the seed 3$/m);
    assert.match(
      output,
      /^ {2}setup +\d+ stops of \d+ processes, \d+\.\d % of/m,
    );
    assert.doesNotMatch(output, /^ {2}prettier +\d+ stops/m);
  },
);

test('elsewhere than on Linux "--slow" says that it cannot, and a seed alone is an error', async () => {
  assert.throws(() => refuseElsewhere('darwin'), /which only Linux has/);
  refuseElsewhere('linux');
  const { code, output } = await runToEnd(join(root, 'scripts/test.mjs'), {
    args: ['--seed', '3', 'prettier'],
  });
  assert.equal(code, 1);
  assert.match(output, /"--seed" is that of a slow run/);
});
