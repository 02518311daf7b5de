import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { apply, isKnown } from '../lib/adopt/apply.mjs';
import { blocksOf, blocksToAdd, paths } from '../lib/adopt/sections.mjs';

test('Every code block for adopters is one that scripts/adopt can follow', () => {
  const blocks = [
    ...blocksToAdd({ legacy: true, oldest: true }),
    ...Object.values(paths).flatMap(blocksOf),
  ];
  assert.deepEqual(
    blocks.filter(block => !isKnown(block)),
    [],
  );
  assert.equal(
    isKnown({ language: 'yaml', target: 'x.yaml', text: '' }),
    false,
  );
});

test('What self-service writes is added to what the portal has', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'adopt-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'examples'));
  const path = name => join(folder, name);
  writeFileSync(
    path('app-config.yaml'),
    'catalog: { locations: [{ target: a }], rules: [] }\nauth: { environment: x }\n',
  );
  writeFileSync(
    path('examples/entities.yaml'),
    'kind: System\n---\nkind: Component\nmetadata: { name: a }\n',
  );
  for (const block of blocksOf(paths['self-service'])) {
    if (block.language !== 'sh') {
      await apply(block, { folder });
    }
  }
  const config = parse(readFileSync(path('app-config.yaml'), 'utf8'));
  assert.equal(config.catalog.locations.length, 2);
  assert.deepEqual(Object.keys(config.auth), ['environment', 'providers']);
  const local = parse(readFileSync(path('app-config.local.yaml'), 'utf8'));
  assert.deepEqual(Object.keys(local), ['eksPodIdentity']);
  const [system, component] = parseAllDocuments(
    readFileSync(path('examples/entities.yaml'), 'utf8'),
  ).map(one => one.toJS());
  assert.deepEqual(system, { kind: 'System' });
  assert.deepEqual(Object.keys(component.metadata), ['name', 'annotations']);
});

test('A path takes one way of its sections, filled in as a person does', () => {
  const texts = name => blocksOf(paths[name]).map(({ text }) => text);
  const commands = texts('on-eks-irsa').join('');
  assert.match(commands, /SignsInBy=irsa MakeOidcProvider=yes/);
  assert.doesNotMatch(commands, /SignsInBy=pod-identity/);
  const annotations = texts('accounts').filter(text =>
    /annotations/.test(text),
  );
  assert.match(annotations.join(), /orders-prod\/payments\/payments-ledger/);
  assert.equal(annotations.length, 1);
});

test('Clusters of another account are added, and its commands run with its keys', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'adopt-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const blocks = blocksOf(paths['landing-role']);
  for (const block of blocks) {
    if (block.target.startsWith('app-config.local.yaml')) {
      await apply(block, { folder });
    }
  }
  const path = join(folder, 'app-config.local.yaml');
  const { aws, eksPodIdentity } = parse(readFileSync(path, 'utf8'));
  assert.deepEqual(
    eksPodIdentity.clusters.map(({ name }) => name),
    ['payments-prod', 'orders-prod'],
  );
  assert.equal(eksPodIdentity.portalId, 'portal.example.com');
  assert.equal(aws.accounts.length, 1);

  const { PATH } = process.env;
  const given = { folder, log: join(folder, 'log'), env: { PATH, KEY: 'own' } };
  given.elsewhere = { ...given.env, KEY: 'other' };
  for (const { language, target, text } of blocks) {
    if (language !== 'sh') continue;
    const wanted = /ClusterName=orders-prod/.test(text) ? 'other' : 'own';
    const asks = `# ${target}\ntest "$KEY" = ${wanted}\n`;
    await apply({ language, target, text: asks }, given);
  }
});
