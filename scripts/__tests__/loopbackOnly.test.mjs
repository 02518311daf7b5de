import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { listenSomewhere } from './helpers.mjs';

createRequire(import.meta.url)('../jest/loopbackOnly.cjs');

const outcome = socket =>
  new Promise(resolve => {
    socket.once('connect', () => {
      socket.destroy();
      resolve('connected');
    });
    socket.once('error', error => resolve(error.message));
  });

test('a test reaches this machine, in every form of connecting', async () => {
  const { port, close } = await listenSomewhere();
  for (const args of [[port, '127.0.0.1'], [{ port, host: '127.0.0.1' }]]) {
    assert.equal(await outcome(createConnection(...args)), 'connected');
  }
  await close();
});

test('a test reaches no other machine', async () => {
  const refused = /^A test must not connect to 192\.0\.2\.1$/;
  assert.match(await outcome(createConnection(443, '192.0.2.1')), refused);
  assert.match(
    await outcome(createConnection({ port: 443, host: '192.0.2.1' })),
    refused,
  );
  assert.match(
    await outcome(connectTls({ port: 443, host: '192.0.2.1' })),
    refused,
  );
  const { cause } = await fetch('https://sts.eu-west-1.amazonaws.com').catch(
    error => error,
  );
  assert.equal(
    cause.message,
    'A test must not connect to sts.eu-west-1.amazonaws.com',
  );
});
