import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, testOutput } from '../lib/paths.mjs';
import { freePort } from '../lib/ports.mjs';
import { startPortal } from '../lib/portal.mjs';
import { failed, skipped } from '../lib/report.mjs';
import { lastLines, plain, run } from '../lib/run.mjs';

/**
 * The portal in a browser: the built app, served on a port of its own, on a sandbox of its own. Tests break and mend
 * things there with `aws` and `kubectl`.
 */
export async function e2e({ env, args, tools, say }) {
  const missing = ['chromium', 'aws', 'kubectl'].filter(
    name => !tools[name].path,
  );
  if (missing.length > 0) {
    return skipped(
      'e2e',
      missing.map(name => `${name} ${tools[name].missing}`).join('; '),
    );
  }
  const portal = await startPortal({
    env,
    port: await freePort(),
    directory: join(testOutput, 'portal'),
    say,
  });
  try {
    return await playwright(portal, { ...env, ...portal.env }, args);
  } finally {
    await portal.stop();
  }
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
  if (!existsSync(report)) {
    return failed('e2e', `${lastLines(output, 30).join('\n')}\n${whole}`);
  }
  const outcome = readReport(JSON.parse(readFileSync(report, 'utf8')));
  if (outcome.failed === 0 && (code !== 0 || outcome.passed === 0)) {
    outcome.failed = 1;
    outcome.failures.push({
      name: 'playwright',
      text: `${lastLines(output, 30).join('\n')}\n${whole}`,
    });
  }
  return outcome;
}

function readReport({ suites, errors }) {
  const outcome = { passed: 0, failed: 0, skipped: 0, failures: [], tests: [] };
  const visit = (suite, titles) => {
    for (const spec of suite.specs ?? []) {
      const name = [...titles, spec.title].join(' › ');
      for (const test of spec.tests) {
        const runs = test.results ?? [];
        const seconds = runs.reduce((sum, { duration }) => sum + duration, 0);
        outcome.tests.push({ name, seconds: seconds / 1000 });
        if (test.status === 'skipped') {
          outcome.skipped += 1;
        } else if (test.status === 'expected') {
          outcome.passed += 1;
        } else {
          // A flaky test counts as failed: what passes only at times is not passed
          outcome.failed += 1;
          const texts = runs.flatMap(({ errors: list }) =>
            (list ?? []).map(({ message }) => message),
          );
          outcome.failures.push({ name, text: plain(texts.join('\n')) });
        }
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
    outcome.failed += 1;
    outcome.failures.push({ name: 'playwright', text: plain(message ?? '') });
  }
  return outcome;
}
