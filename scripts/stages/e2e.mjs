import { existsSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { stillThere } from '../lib/changed.mjs';
import { readJson } from '../lib/json.mjs';
import { isForTheNight, sortByNeeds } from '../lib/needs.mjs';
import { root, testOutput } from '../lib/paths.mjs';
import { freePort } from '../lib/ports.mjs';
import { startPortal } from '../lib/portal.mjs';
import {
  add,
  failed,
  noOutcome,
  skipped,
  untouched,
  withLeftOut,
} from '../lib/report.mjs';
import { lastLines, plain, run } from '../lib/run.mjs';
import { missingOf } from '../lib/tools.mjs';
import { filesLike, workspaceClosure } from '../lib/workspaces.mjs';

const e2eTest = /\.e2e\.ts$/;

/**
 * The portal in a browser: the built app with its own port and sandbox. Tests break and repair
 * things there with `aws` and `kubectl`; a file whose programs are missing is left out by name.
 */
export async function e2e({ env, args, tools, say, changed, isSampled }) {
  const touched = changed && touchedTests(changed.files);
  if (touched?.length === 0) {
    return untouched;
  }
  const missing = missingOf(['chromium'], tools);
  if (missing) {
    return skipped('e2e', missing);
  }
  const files = filesLike(e2eTest);
  const { leftOut } = sortByNeeds(files, tools);
  const night = isSampled ? files.filter(isForTheNight) : [];
  const portal = await startPortal({
    env: {
      ...env,
      // The one after the start is the last, however long the tests take: one of them counts the calls of pages
      APP_CONFIG_eksPodIdentity_sweep_schedule_frequency: '{"hours":24}',
      // Longer than any test: a request would be sent on a connection that is just being closed
      APP_CONFIG_backend_server_keepAliveTimeout: '3600000',
    },
    port: await freePort(),
    directory: join(testOutput, 'portal'),
    say,
  });
  try {
    const without = [...leftOut.map(({ file }) => file), ...night];
    const names = without.map(file => basename(file));
    const sampled = isSampled && { EKS_TEST_SAMPLE: '1' };
    const ofPortal = { ...env, ...portal.env, ...sampled };
    const outcome = await playwright(portal, ofPortal, [
      ...(touched ?? []),
      ...args,
      ...(names.length > 0 ? [`--grep-invert=${names.join('|')}`] : []),
    ]);
    return { ...withLeftOut(outcome, leftOut), night };
  } finally {
    await portal.stop();
  }
}

/**
 * After a change of the portal or its sandbox any of these tests may end otherwise, so all run; after one of a test
 * alone, that file.
 */
function touchedTests(files) {
  const portal = ['app', 'backend', 'eks-sandbox'].flatMap(name =>
    workspaceClosure(name).map(({ folder }) => `${folder}/`),
  );
  const isTest = file => /\.(test|e2e)\.tsx?$/.test(file);
  const all = files.some(
    file =>
      !isTest(file) &&
      !file.endsWith('.md') &&
      (/^(templates\/|[^/]+$)/.test(file) ||
        portal.some(folder => file.startsWith(folder))),
  );
  return all
    ? filesLike(e2eTest)
    : stillThere(files).filter(file => e2eTest.test(file));
}

async function playwright(portal, env, args) {
  const report = join(testOutput, 'e2e.json');
  const log = join(testOutput, 'e2e.log');
  rmSync(report, { force: true });
  const { code, output } = await run(
    'playwright',
    ['test', '--reporter=json,list', ...args],
    {
      env: {
        ...env,
        PORTAL_URL: portal.url,
        PLAYWRIGHT_JSON_OUTPUT_NAME: report,
        FORCE_COLOR: '0',
      },
      log,
    },
  );
  const whole = `The whole output: ${relative(
    root,
    log,
  )}; the portal's: ${relative(root, portal.directory)}`;
  const end = `${lastLines(output, 30).join('\n')}\n${whole}`;
  if (!existsSync(report)) {
    return failed('e2e', end);
  }
  const outcome = readReport(readJson(report));
  if (outcome.failed === 0 && (code !== 0 || outcome.passed === 0)) {
    add(outcome, 'failed', { name: 'playwright', text: end });
  }
  return outcome;
}

function readReport({ suites, errors }) {
  const outcome = noOutcome();
  const visit = (suite, titles) => {
    for (const spec of suite.specs ?? []) {
      const name = [...titles, spec.title].join(' › ');
      for (const test of spec.tests) {
        const runs = test.results ?? [];
        const ms = runs.reduce((sum, { duration }) => sum + duration, 0);
        const texts = runs.flatMap(({ errors: list }) =>
          (list ?? []).map(({ message }) => message),
        );
        // A flaky test counts as failed: what passes only at times is not passed
        const result =
          { skipped: 'skipped', expected: 'passed' }[test.status] ?? 'failed';
        add(outcome, result, {
          name,
          seconds: ms / 1000,
          text: plain(texts.join('\n')),
        });
      }
    }
    for (const child of suite.suites ?? []) {
      visit(child, [...titles, child.title]);
    }
  };
  for (const suite of suites ?? []) {
    visit(suite, [suite.title]);
  }
  for (const { message } of errors ?? []) {
    add(outcome, 'failed', { name: 'playwright', text: plain(message ?? '') });
  }
  return outcome;
}
