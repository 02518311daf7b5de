/** @needs aws kubectl */
import { expect } from '@playwright/test';
import { expectAccessible, expectNoViolations } from './accessibility';
import { test } from './browser';
import { kubectl, letItSpread, setPace, sweepsHaveEnded } from './cluster';
import { enterAs } from './entityPage';
import {
  GIVE_IDENTITY,
  openPrefilled,
  preview,
  reviewAndCreate,
  taskSucceeds,
} from './portal';

/** It runs, and has no identity at the start of the demo. */
const archiver = {
  title: 'Invoice archiver',
  entityRef: 'component:default/invoice-archiver',
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'invoice-archiver',
};

/** The role of an identity that the demo begins with. */
const LEDGER_ROLE = 'arn:aws:iam::111122223333:role/payments-ledger';

test.beforeAll(() => setPace(10));
test.afterAll(() => setPace(1));

test('the first page of the demo leads to each of its three beginnings', async ({
  page,
  context,
}) => {
  await enterAs(context, 'priya');
  await sweepsHaveEnded(page);
  const home = async () => {
    await page.goto('/');
    await expect(
      page.getByRole('heading', { name: 'AWS access for pods, without keys' }),
    ).toBeVisible();
  };
  await home();
  await page.getByRole('link', { name: 'Open the form' }).click();
  // No workload of it runs yet: what its catalog file says is proposed
  await expect(page.getByLabel('Service account')).toHaveValue('fraud-scorer');
  await expect(page.getByLabel('Namespace')).toHaveValue('payments');
  await expect(page.getByLabel('Cluster')).not.toHaveValue('');
  await home();
  await page.getByRole('link', { name: 'See the broken ones' }).click();
  await expect(page).toHaveURL(/associations\?cluster=shop-staging$/);
  await home();
  await page.getByRole('link', { name: 'Open Payments ledger' }).click();
  await expect(
    page.getByRole('heading', { name: 'AWS identity' }),
  ).toBeVisible();
  await home();
  await expectAccessible(page, '.bui-Container:has(main)');

  await page.goto('/catalog');
  await expect(
    page.getByRole('row').filter({ hasText: 'Audit exporter' }),
  ).toContainText(/Looks right|Verified/);
  // The index is renewed each minute: the first one can be older than the sweep
  await expect(async () => {
    await page.goto(`/search?query=${encodeURIComponent(LEDGER_ROLE)}`);
    await expect(page.getByText(/^AWS identity of payments/)).toBeVisible({
      // wall time: one look; what comes later is seen by the next one
      timeout: 20_000,
    });
  }).toPass();
  await expect(
    page.getByRole('listitem').filter({ hasText: LEDGER_ROLE }),
  ).toContainText(/Looks right|Verified/);
});

test('the fleet is grouped by cause on request, and an address that is none leads back', async ({
  page,
  context,
}) => {
  await enterAs(context, 'priya');
  await sweepsHaveEnded(page);
  await page.goto('/aws-identities/associations?size=50');
  // The switch itself is hidden behind what is drawn of it
  await page.getByText('Group by cause').click();
  const region = page.getByRole('region', { name: 'Grouped by cause' });
  const first = region.getByRole('group').first();
  await first.locator('summary').click();
  await expect(first.getByRole('link').first()).toBeVisible();
  await expect(page).toHaveURL(/by=cause/);
  await page.reload();
  await expect(region.getByRole('group').first()).toBeVisible();
  await expectAccessible(page, '.bui-Container:has(section)');

  await page.goto('/aws-identities/nope');
  await expect(
    page.getByText('There is no page /aws-identities/nope.'),
  ).toBeVisible();
  await expectAccessible(page, '.bui-Container');
  await page.getByRole('link', { name: 'All associations' }).click();
  await expect(page.getByRole('grid')).toBeVisible();

  for (const [path, heading] of [
    ['clusters?setup=true', 'This portal'],
    ['checks', 'The role trusts this service account'],
  ]) {
    await page.goto(`/aws-identities/${path}`);
    await expect(page.getByRole('heading', { name: heading })).toBeVisible();
    await expectNoViolations(page, path);
  }
});

test('a result leads to the restart, the tab says what the role may do, and a removal is refused in the words of its form', async ({
  page,
  context,
}) => {
  await enterAs(context, 'ana');
  await openPrefilled(page, GIVE_IDENTITY, archiver);
  await page.getByRole('combobox', { name: 'Permissions' }).fill('receipts');
  await page.getByRole('option', { name: /^read-payments-receipts/ }).click();
  await reviewAndCreate(page);
  await taskSucceeds(page);
  await expect(page.getByText(/Finished step/).first()).toBeVisible();
  const hosts = await page
    .locator('a[href^="http"]')
    .evaluateAll(links =>
      links.map(link => new URL((link as HTMLAnchorElement).href).host),
    );
  const { host } = new URL(page.url());
  expect(
    hosts.filter(one => one !== host && !one.endsWith('.amazon.com')),
  ).toEqual([]);

  await page.getByRole('link', { name: 'Restart the running pods' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Deployment invoice-archiver');
  await dialog.getByRole('button', { name: 'Restart' }).click();
  await expect(page.getByText('Verified').first()).toBeVisible();

  await page.getByText('What the role may do').click();
  await expect(
    page.getByText('lists the objects of acme-payments-receipts'),
  ).toBeVisible();
  await expect(
    page.getByText('reads objects of acme-payments-receipts'),
  ).toBeVisible();
  await expectAccessible(page, '.bui-Container:has([data-hop])');

  await openPrefilled(page, 'remove-aws-identity', archiver);
  await expect(preview(page)).toContainText(
    /Deployment invoice-archiver \(\d running pods?\) still uses it and would lose AWS access. Stop it first, or tick “Remove it even if workloads still use it”./,
  );
  await page.getByLabel('Remove it even if workloads still use it').check();
  await expect(preview(page)).toContainText('Workloads that lose access');
  await reviewAndCreate(page, 'Remove');
  await expect(page.getByText('Removed from')).toBeVisible();

  // As it was for the tests that follow: its pods hold on to what they have had
  await letItSpread();
  const workload = ['-n', 'payments', 'deployment/invoice-archiver'];
  await kubectl('rollout', 'restart', ...workload);
  await kubectl('rollout', 'status', ...workload);
});
