import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallTimeIn } from '../lib/wallTime.mjs';

const found = text =>
  wallTimeIn('a.test.ts', text).map(one => one.replace('a.test.ts:', ''));

test('a limit that a pause of the machine can exceed is found, whatever it is called', () => {
  for (const text of [
    'const api = client({ requestTimeoutMs: 1_500 });',
    'const api = client({ connectTimeoutMs: given ?? 1_500 });',
    'const limits = { gateDeadline: { seconds: 3 } };',
    'const patience = hurried ? 60_000 : 2 * 1_000;',
    'follow({ patienceMs: 50, leaseTtl: 60_000 });',
    'const TIMEOUT_MS = 30_000;',
    "execFile('aws', [], { timeout: 60_000 });",
    'fetch(url, { signal: AbortSignal.timeout(60_000) });',
    'run({ timeoutSeconds: 5 });',
    'configure({ asyncUtilTimeout: 5_000 });',
    'settings.timeout = 500;',
    'function ask({ timeoutMs = 500 }) {}',
    'fetch(url, { signal: AbortSignal.timeout(500) });',
    'jest.setTimeout(60_000);',
    "it('works', async () => {}, 60_000);",
    "it.each([1])('works', async () => {}, 60_000);",
    'beforeAll(async () => {}, 60_000);',
    'beforeAll(async () => {}, SET_UP_MS);',
    'jest.setTimeout(TEST_MS + 60_000);',
    'const deadline = performance.now() + 1_500;',
    'expect(Date.now() - started).toBeLessThan(1_000);',
    'await new Promise(resolve => setTimeout(resolve, 100));',
    'await sleep(100);',
  ]) {
    assert.equal(found(text).length, 1, text);
    assert.deepEqual(found(`// wall time: it never answers\n${text}`), []);
    assert.deepEqual(found(`${text} // wall time: it never answers`), []);
    assert.equal(found(`// wall time:\n${text}`).length, 1, text);
  }
});

test('a reason counts for its own line, or for the whole file before all else', () => {
  const two = 'const timeout = 500;\nconst ttl = 500;';
  assert.deepEqual(found(`const a = 1;\n// wall time: read\n${two}`), [
    '4 limits ttl to 500',
  ]);
  assert.deepEqual(found(`/** wall time: only read here */\n${two}`), []);
});

test('what is generous, not a limit, counted by another clock, or a pause between two looks is not found', () => {
  for (const text of [
    'const api = client({ requestTimeoutMs: PATIENCE_MS, connectTimeout: 20_000 });',
    'const limits = { deadlineMs: 0, gateDeadline: { minutes: 1 } };',
    'run({ timeoutSeconds: 60, durationMs: 5, gracePeriodSeconds: 1 });',
    'if (timeout < 500) stop();',
    "it('works', async () => {});",
    "execFile('aws', [], { timeout: 2 * PATIENCE_MS });",
    'await clock.sleep(100);',
    "await pause('retry', clock, 10);",
    'setTimeout(resolve, 0);',
    'while (!came()) await sleep(10);',
    'expect(clock.now() - started).toBeLessThan(1_000);',
    'expect(Date.now() - started).toBeGreaterThan(1_000);',
  ]) {
    assert.deepEqual(found(text), [], text);
  }
});

test('promises that are started together and awaited one by one are found', () => {
  for (const text of [
    'for (const list of [read(1), read(2)]) expect(await list).toBe(1);',
    'for (const [n, one] of all.entries()) await expect(one).rejects.toThrow(n);',
    'const a = read(1);\nconst b = read(2);\nawait a;\nawait b;',
    "const a = read(1), b = read(2);\nawait expect(a).rejects.toThrow('x');\nexpect(await b).toBe(2);",
    'it(async () => { const a = read(1); const b = read(2); await b; (await a)(); });',
  ]) {
    assert.equal(found(text).length, 1, text);
  }
});

test('one after the other, all at once, with a handler, or with a reason they are not', () => {
  for (const text of [
    'for (const one of all) expect(await read(one)).toBe(1);',
    'const a = read(1);\nawait a;\nconst b = read(2);\nawait b;',
    'const a = await read(1);\nconst b = await read(2);',
    'const a = read(1);\nconst b = read(2);\nawait Promise.all([a, b]);',
    'const a = read(1).catch(ok);\nconst b = read(2);\nawait a;\nawait b;',
    'const a = read(1);\nconst b = read(2);\nawait a;\n// one by one: b waits for a\nawait b;',
  ]) {
    assert.deepEqual(found(text), [], text);
  }
});
