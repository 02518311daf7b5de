import { defineConfig } from '@playwright/test';
import { PATIENCE_MS } from './packages/sandbox/patience';

/**
 * Browser tests are `*.e2e.ts` files. `npm test` and `yarn test:e2e` start a portal on a sandbox of its own and say
 * where it is (PORTAL_URL) and which browser to use (CHROMIUM).
 */
export default defineConfig({
  testMatch: '**/*.e2e.ts',
  // Two at a time, one of each project
  workers: 2,
  fullyParallel: false,
  projects: [
    {
      // They share one portal and one sandbox
      name: 'portal',
      testDir: 'packages/app/e2e-tests',
      workers: 1,
    },
    {
      // Pages of fixtures, on a server of their own
      name: 'states',
      testDir: 'plugins/eks-pod-identity/e2e-tests',
      workers: 1,
    },
  ],
  forbidOnly: true,
  retries: 0,
  timeout: 5 * PATIENCE_MS,
  expect: { timeout: PATIENCE_MS },
  outputDir: 'test-results',
  use: {
    baseURL: process.env.PORTAL_URL ?? 'http://localhost:7007',
    viewport: { width: 1280, height: 900 },
    actionTimeout: PATIENCE_MS,
    screenshot: 'only-on-failure',
    // To record one slows every test down; with TRACE=1 a failed test leaves one in test-results/
    trace: process.env.TRACE ? 'retain-on-failure' : 'off',
    launchOptions: {
      executablePath: process.env.CHROMIUM || undefined,
      // Chromium's own sandbox does not start for root, as whom containers and CI run
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
});
