'use strict';
/**
 * A portal of the packed packages, in a process of its own: `node portal.cjs OURS --config FILE`, where OURS is `with` or
 * `without`. It answers the first message when it has started, and the second with its memory and processor time.
 */
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

// eslint-disable-next-line no-restricted-syntax
const root = join(__dirname, '../../../../..');
// Our packages are installed beside the configuration, all others in the repository
const load = createRequire(join(process.cwd(), 'portal.cjs'));

/** The plugins of the example portal that need no module of its own. */
function plugins() {
  const { dependencies } = JSON.parse(
    readFileSync(join(root, 'packages/backend/package.json'), 'utf8'),
  );
  return Object.keys(dependencies).filter(
    name =>
      /^@backstage\/plugin-.*-backend(-module-.*)?$/.test(name) &&
      !/-(app|permission)-backend$/.test(name),
  );
}

const ours = [
  'backstage-plugin-eks-pod-identity-backend',
  'backstage-plugin-scaffolder-backend-module-eks-pod-identity',
];
/** What the first call to AWS and to Kubernetes loads. */
const onFirstUse = ['@aws-sdk/client-eks', '@aws-sdk/client-iam', 'undici'];

async function memory() {
  for (let i = 0; i < 3; i++) {
    global.gc();
    await sleep(50);
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed };
}

const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function start() {
  const { createBackend } = load('@backstage/backend-defaults');
  const backend = createBackend();
  const wanted = process.argv[2] === 'with' ? ours : [];
  for (const name of [...plugins(), ...wanted]) {
    backend.add(load(name));
  }
  await backend.start();
}

async function measure(processor) {
  const started = await memory();
  const before = performance.now();
  onFirstUse.forEach(name => load(name));
  const firstUseMs = performance.now() - before;
  return { started, processor, used: await memory(), firstUseMs };
}

const started = start().then(processorMs);
process.on('message', async asked => {
  const processor = await started;
  process.send({ answer: asked.start ? 'started' : await measure(processor) });
});
