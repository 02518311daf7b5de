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
