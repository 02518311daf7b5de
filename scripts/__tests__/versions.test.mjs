import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { dependenciesInstalled } from '../lib/dependencies.mjs';
import { root } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { published } from '../lib/workspaces.mjs';
import { temporaryFolder } from './helpers.mjs';

test('The workflow gives all packages one new version, and every page, chart and example for adopters names it', async () => {
  // Or the workflow would install into the copy, and so into what it links to
  assert.ok(dependenciesInstalled(), 'run node scripts/setup.mjs first');
  const copy = temporaryFolder();
  const files = `git ls-files -z --cached --others --exclude-standard`;
  const copying = `${files} | tar c --null -T - | tar x -C ${copy}`;
  execFileSync('bash', ['-c', copying], { cwd: root });
  for (const name of ['.toolchain', 'node_modules']) {
    symlinkSync(join(root, name), join(copy, name));
  }
  const change = `---\n'eks-pod-identity': minor\n---\n\nSomething new.\n`;
  writeFileSync(join(copy, '.changeset/new.md'), change);
  const workflow = join(copy, '.github/workflows/release.yml');
  const { steps } = parse(readFileSync(workflow, 'utf8')).jobs.release;
  const { version } = steps.find(one => one.with?.version).with;
  const { code, output } = await run('bash', ['-c', version], { cwd: copy });
  assert.equal(code, 0, output);

  const manifests = published().map(({ folder, manifest }) => [
    manifest.version,
    JSON.parse(readFileSync(join(copy, folder, 'package.json'), 'utf8')),
  ]);
  const news = new Set(manifests.map(([, manifest]) => manifest.version));
  assert.equal(news.size, 1);
  const [now] = news;
  assert.ok(manifests.every(([before]) => before !== now));
  assert.equal(existsSync(join(copy, '.changeset/new.md')), false);
  const cli = readFileSync(join(copy, 'packages/cli/CHANGELOG.md'), 'utf8');
  assert.match(cli, new RegExp(`^## ${now}\n[^]*Something new\\.`, 'm'));
  for (const file of [
    'deploy/helm/Chart.yaml',
    'docs/adopting.md',
    'examples/check-module/package.json',
  ]) {
    const text = readFileSync(join(copy, file), 'utf8');
    assert.ok(text.includes(now), file);
    assert.ok(!text.includes(manifests[0][0]), file);
  }
});
