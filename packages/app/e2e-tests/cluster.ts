import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, type Page } from '@playwright/test';

const run = promisify(execFile);

/** Address of the portal's sandbox; the script that starts the portal passes it in the environment. */
function sandboxUrl(): string {
  const url = process.env.AWS_ENDPOINT_URL;
  if (!url) {
    throw new Error(
      'AWS_ENDPOINT_URL is not set. Source the settings of the sandbox that the portal at PORTAL_URL runs on: its file "env".',
    );
  }
  return url;
}

/** Runs the real AWS CLI as the administrator of the sandbox. @returns its parsed output */
export async function aws<T>(...args: string[]): Promise<T> {
  sandboxUrl();
  const { stdout } = await run(process.env.AWS_CLI ?? 'aws', [
    ...args,
    '--output',
    'json',
  ]);
  return (stdout.trim() ? JSON.parse(stdout) : undefined) as T;
}

/** Runs the real kubectl on the cluster payments-prod of the sandbox. */
export async function kubectl(...args: string[]): Promise<void> {
  sandboxUrl();
  await run('kubectl', args);
}

/** Calls to the sandbox since the last reset, by operation, without those of its internal agents and kubelets. */
export async function countCalls(): Promise<Record<string, number>> {
  return control('/calls/counters?internal=false');
}

export async function resetCalls(): Promise<void> {
  await control('/calls', 'DELETE');
}

/**
 * Sets how many simulated seconds pass per second: delays of AWS become shorter, in the same order. The demo runs at 1.
 */
export async function setPace(rate: number): Promise<void> {
  await control('/clock/rate', 'POST', { rate });
}

/** Lets changes made with `aws` reach every part of the simulated AWS. */
export async function letItSpread(): Promise<void> {
  await control('/clock/advance', 'POST', { ms: 15_000 });
}

let areSwept = false;

/** Waits until every cluster has been swept after the start. That stays so until the portal ends, so one look is enough. */
export async function sweepsHaveEnded(page: Page): Promise<void> {
  if (areSwept) return;
  const asked = page.waitForRequest(/\/v1\/clusters$/);
  await page.goto('/aws-identities/clusters');
  const request = await asked;
  const headers = { authorization: (await request.allHeaders()).authorization };
  await expect
    .poll(
      async () => {
        const answer = await page.request.get(request.url(), { headers });
        const { items } = (await answer.json()) as {
          items: { lastSweepAt?: string }[];
        };
        return items.map(({ lastSweepAt }) => lastSweepAt !== undefined);
      },
      { intervals: [500] },
    )
    .toEqual(Array(5).fill(true));
  areSwept = true;
}

async function control<T>(
  path: string,
  method = 'GET',
  body?: object,
): Promise<T> {
  const response = await fetch(`${sandboxUrl()}/_sandbox${path}`, {
    method,
    headers: body && { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(
      `${method} ${path} of the sandbox: ${
        response.status
      } ${await response.text()}`,
    );
  }
  return response.json();
}
