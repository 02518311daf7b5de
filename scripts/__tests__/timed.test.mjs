import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, timed } from '../lib/run.mjs';
import { Service } from '../lib/service.mjs';

const busy = seconds =>
  `const end = process.cpuUsage().user + ${seconds}e6; while (process.cpuUsage().user < end);`;

test('what a program used counts for the stage that ran it, with what it started, and not for another', async () => {
  const code = `require('child_process').execFileSync('node', ['-e', ${JSON.stringify(
    busy(0.5),
  )}]); console.log('done')`;
  const [[[result, one], [, none]], both] = await timed(() =>
    Promise.all([
      timed(() => run('node', ['-e', code])),
      timed(() => run('node', ['-e', ''])),
    ]),
  );
  assert.deepEqual(
    { ...result },
    { code: 0, stdout: 'done\n', output: 'done\n', timedOut: false },
  );
  assert.ok(one >= 0.5 && one < 5, `${one}`);
  // Linux counts it in ticks: one that began and ended between two has used nothing
  assert.ok(none < one - 0.3, `${none}`);
  assert.equal(both, 0);
});

test('a program within a timed stage ends as any other', async () => {
  await timed(async () => {
    assert.equal((await run('node', ['-e', 'process.exit(7)'])).code, 7);
    assert.equal((await run('no-such-program', [])).code, 127);
    // wall time: it sleeps longer
    const late = await run('sleep', ['60'], { timeoutMs: 100 });
    assert.deepEqual([late.code, late.timedOut], [1, true]);
  });
});

test('a program that is stopped still says what it used', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'timed-'));
  const [, used] = await timed(async () => {
    const service = new Service({
      name: 'busy',
      command: [
        'node',
        '-e',
        `${busy(0.3)} console.log('ready'); setInterval(() => {}, 1000);`,
      ],
      env: process.env,
      log: join(folder, 'log'),
    });
    await service.ready(() => service.said('ready'), 20_000);
    await service.stop();
  });
  rmSync(folder, { recursive: true });
  assert.ok(used >= 0.3 && used < 5, `${used}`);
});
