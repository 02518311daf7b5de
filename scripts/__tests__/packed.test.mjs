import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertPortal, handOver } from '../lib/packed.mjs';
import { workspaces } from '../lib/workspaces.mjs';

const published = workspaces()
  .map(({ manifest }) => manifest)
  .filter(manifest => !manifest.private);

/** What the portal below has taken before. */
const taken = 'backstage-plugin-catalog-backend-module-eks-pod-identity';

/** A portal that has some packages already, and our tarballs beside it. */
function portalAndTarballs(t) {
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [portal, tarballs] = ['portal', 'packed'].map(name =>
    join(folder, name),
  );
  mkdirSync(join(portal, 'vendor'), { recursive: true });
  mkdirSync(tarballs);
  const resolutions = { a: '^1', [taken]: `file:./vendor/${taken}-0.0.1.tgz` };
  const manifest = { workspaces: ['packages/*'], resolutions };
  writeFileSync(join(portal, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(portal, 'backstage.json'), '{}');
  for (const { name, version } of published) {
    writeFileSync(join(tarballs, `${name}-${version}.tgz`), name);
  }
  return { portal, tarballs };
}

test('A portal takes what it asked for and what that needs from files, and keeps its own resolutions and files', t => {
  const { portal, tarballs } = portalAndTarballs(t);
  for (const file of [`${taken}-0.0.1.tgz`, 'of-the-portal-1.0.0.tgz']) {
    writeFileSync(join(portal, 'vendor', file), '');
  }
  assertPortal(portal);
  handOver(portal, ['eks-pod-identity'], tarballs);
  const needed = published.filter(({ name }) => !/tech-insights/.test(name));
  const files = needed.map(one => `${one.name}-${one.version}.tgz`);
  assert.deepEqual(
    readdirSync(join(portal, 'vendor')).sort(),
    [...files, 'of-the-portal-1.0.0.tgz'].sort(),
  );
  const { resolutions } = JSON.parse(
    readFileSync(join(portal, 'package.json'), 'utf8'),
  );
  assert.deepEqual(resolutions, {
    a: '^1',
    ...Object.fromEntries(
      needed.map((one, i) => [one.name, `file:./vendor/${files[i]}`]),
    ),
  });
});

test('A folder that is no portal, and a name that is no package, are left alone', t => {
  const { portal, tarballs } = portalAndTarballs(t);
  assert.throws(
    () => assertPortal(portal, [taken, 'tech-insights']),
    /is called tech-insights/,
  );
  assert.throws(
    () => assertPortal(tarballs),
    /is not the root of a Backstage portal/,
  );
});
