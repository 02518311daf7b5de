import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeJson } from '../lib/json.mjs';
import { testOutput } from '../lib/paths.mjs';
import { freePort } from '../lib/ports.mjs';
import { lastLines, run } from '../lib/run.mjs';
import { configOf, portal } from '../stages/packages.mjs';

// The stage "packages" runs this, once it has packed them.

const token = 'only-on-loopback';

const main = `
const { createBackend } = require('@backstage/backend-defaults');
const backend = createBackend();
backend.add(require('@backstage/plugin-catalog-backend'));
backend.add(require('backstage-plugin-catalog-backend-module-eks-pod-identity'));
backend.add(require('@backstage/plugin-scaffolder-backend'));
backend.add(require('backstage-plugin-eks-pod-identity-backend'));
backend.add(require('@backstage/plugin-search-backend'));
backend.add(require('backstage-plugin-eks-pod-identity-backend/search'));
backend.add(require('backstage-plugin-scaffolder-backend-module-eks-pod-identity'));
async function ask(path) {
  const answer = await fetch(process.env.BASE_URL + path, {
    headers: { authorization: 'Bearer ${token}' },
  });
  if (!answer.ok) throw new Error(path + ' answered ' + answer.status + ': ' + await answer.text());
  return answer.json();
}
backend.start().then(async () => {
  const clusters = await ask('/api/eks-pod-identity/v1/clusters');
  const actions = await ask('/api/scaffolder/v2/actions');
  const docs = await ask('/api/eks-pod-identity/v1/docs/checks');
  const found = {
    clusters: clusters.items.map(({ id }) => id),
    docs: docs.markdown.split('\\n')[0],
    actions: actions.map(({ id }) => id).filter(id => id.startsWith('eks:')).sort(),
  };
  console.log('FOUND ' + JSON.stringify(found));
  await backend.stop();
  process.exit(0);
}).catch(error => {
  console.error(error);
  process.exit(1);
});
`;

const expected = {
  clusters: ['payments-prod'],
  docs: '# The checks',
  actions: ['associate', 'migrate', 'rollback', 'teardown', 'verify'].map(
    name => `eks:pod-identity:${name}`,
  ),
};

test('A backend of the packed packages offers what they bring', async () => {
  const port = await freePort();
  writeJson(join(portal, 'package.json'), { name: 'portal', private: true });
  writeFileSync(join(portal, 'main.cjs'), main);
  const access = { type: 'static', options: { token, subject: 'test' } };
  const config = configOf(port, { externalAccess: [access] });
  writeJson(join(portal, 'app-config.yaml'), config);
  const { code, output } = await run(
    'node',
    ['main.cjs', '--config', 'app-config.yaml'],
    {
      cwd: portal,
      env: { ...process.env, BASE_URL: `http://127.0.0.1:${port}` },
      log: join(testOutput, 'packages-backend.log'),
      timeoutMs: 120_000,
    },
  );
  const found = /^FOUND (.*)$/m.exec(output)?.[1];
  assert.equal(found, JSON.stringify(expected), lastLines(output).join('\n'));
  assert.equal(code, 0);
});

for (const [args, expectedCode, words] of [
  [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
  [['explain', 'role.trust-policy'], 0, /^role\.trust-policy: /],
  [['judge', 'none.json'], 2, /none\.json cannot be read/],
]) {
  test(`The packed program loads what it needs, and only from the packages: ${args[0]}`, async () => {
    const program = 'node_modules/eks-pod-identity/bin/eks-pod-identity';
    const { code, output } = await run(
      'node',
      [join(portal, program), ...args],
      { cwd: portal, timeoutMs: 60_000 },
    );
    assert.equal(code, expectedCode, output);
    assert.match(output, words);
  });
}
