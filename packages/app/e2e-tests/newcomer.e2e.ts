/** @needs aws kubectl */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, type Page } from '@playwright/test';
import { test } from './browser';
import { sweepsHaveEnded } from './cluster';
import { copiedBy } from './entityPage';
import { countEffort, printEffort } from './mainJob';
import { preview, signIn, taskSucceeds } from './portal';

const run = promisify(execFile);

/** Goes to the first page by the link of the sidebar. */
async function home(page: Page) {
  await page
    .getByTestId('sidebar-root')
    .getByRole('link', { name: 'Start here', exact: true })
    .click();
}

test('a newcomer gives one identity and cures a broken one by what the screen says', async ({
  page,
  context,
}) => {
  // The fleet is there a moment after the portal
  const before = await context.newPage();
  await before.addInitScript(() =>
    window.sessionStorage.setItem('sandbox-user', 'user:default/priya'),
  );
  await sweepsHaveEnded(before);
  await before.close();
  const effort = await countEffort(page);
  const begun = performance.now();
  await signIn(page, 'Priya');

  await page.getByRole('link', { name: 'Open the form' }).click();
  await page.getByRole('combobox', { name: 'Permissions' }).click();
  await page.getByRole('option', { name: /^AmazonS3ReadOnlyAccess/ }).click();
  await expect(preview(page)).toContainText('to create');
  await page.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.waitForURL('**/create/tasks/**');
  await taskSucceeds(page);

  await home(page);
  await page.getByRole('link', { name: 'See the broken ones' }).click();
  const row = page.getByRole('row').filter({ hasText: 'shop/stock-keeper' });
  await row.getByRole('link', { name: 'shop/stock-keeper' }).click();
  const cause = page.getByRole('region', { name: 'Likely root cause' });
  await expect(cause).toContainText('No statement allows sts:TagSession');
  const command = await copiedBy(
    cause.getByRole('button', { name: 'Copy the snippet' }),
  );
  await run('bash', ['-c', command]);
  await page.getByRole('button', { name: 'Done? Verify again' }).click();
  await expect(cause).toBeHidden();
  await expect(page.getByRole('article').first()).toContainText('Verified');

  printEffort('A newcomer', effort);
  const seconds = Math.round((performance.now() - begun) / 1000);
  process.stdout.write(`A newcomer: ${seconds} s\n`);
  const room = Number(process.env.EKS_TEST_SLOW || 1);
  expect(seconds).toBeLessThan(180 * room);
  expect(effort.clicks).toBeGreaterThan(0);
  expect(effort.clicks).toBeLessThanOrEqual(12);
  expect(effort.typed).toBe(0);
});
