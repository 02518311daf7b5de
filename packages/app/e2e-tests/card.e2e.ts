/** @needs aws kubectl */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, type Locator, type Page } from '@playwright/test';
import { expectNoViolations } from './accessibility';
import { test } from './browser';
import {
  aws,
  countCalls,
  kubectl,
  letItSpread,
  resetCalls,
  setPace,
} from './cluster';
import {
  copiedBy,
  enterAs,
  giveIdentity,
  hop,
  markDocument,
  openComponent,
  openMenu,
  repair,
  type Target,
  verdictOf,
  verifyNow,
} from './entityPage';
import {
  countEffort,
  giveWithKeys,
  giveWithPointer,
  printEffort,
} from './mainJob';
import {
  cardPictures,
  GIVE_IDENTITY,
  openPrefilled,
  picture,
  preview,
  reviewAndCreate,
  scorer,
  taskSucceeds,
} from './portal';

const run = promisify(execFile);

/** Two pods of its Deployment are running. */
const paymentsApi: Target = {
  title: 'Payments API',
  entityRef: 'component:default/payments-api',
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
};

/** Its Deployment is running, and nothing restarts it by itself. */
const archiver: Target = {
  title: 'Invoice archiver',
  entityRef: 'component:default/invoice-archiver',
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'invoice-archiver',
};

// Each test continues from the state that the previous one left
test.describe.configure({ mode: 'serial' });
test.beforeAll(() => setPace(10));
test.afterAll(() => setPace(1));

/** The name of the role on the card. */
const roleOf = (card: Locator) =>
  hop(card, 'role')
    .locator('a')
    .evaluate(link => link.getAttribute('href')!.split('/').pop()!);

test('an open page follows an identity: given, broken, repaired', async ({
  page,
  context,
}) => {
  await enterAs(context, 'ana');
  const card = await openComponent(page, paymentsApi);
  await expect(
    card.getByText('This component has no AWS identity.'),
  ).toBeVisible();
  const document = await markDocument(page);

  const other = await context.newPage();
  const effort = await countEffort(other);
  await giveWithPointer(other, await openComponent(other, paymentsApi));
  printEffort('With a pointer', effort);
  expect(effort.clicks).toBeGreaterThan(0);
  expect(effort.clicks).toBeLessThanOrEqual(6);
  expect(effort).toMatchObject({ keys: 0, typed: 0 });
  // Both are counted where there are some
  await other.getByPlaceholder('Search').pressSequentially('x');
  expect(effort).toMatchObject({ keys: 1, typed: 1 });
  await expect(verdictOf(card)).toContainText('Verified');
  await expect(hop(card, 'pods')).toContainText('2 of 2');
  await expect(hop(card, 'permissions')).toContainText('s3 ls');
  await expect(card.getByRole('button', { name: 'Verify now' })).toBeInViewport(
    { ratio: 1 },
  );
  await picture(page, 'entity-verified');
  await cardPictures(card, 'verified');

  const roleName = await roleOf(card);
  await aws(
    'iam',
    'update-assume-role-policy',
    '--role-name',
    roleName,
    '--policy-document',
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ],
    }),
  );
  await letItSpread();
  await verifyNow(card, 'Broken');
  await expect(hop(card, 'role')).toContainText('Failed');
  await picture(page, 'entity-failed');

  await card.getByText('Do it by hand').click();
  await expect(
    card.getByText(
      `Run the command below as the owner of the role ${roleName}`,
    ),
  ).toBeVisible();
  await other.goto('about:blank');
  await repair(card, other, 'Repair');
  await expect(verdictOf(card)).toContainText('Verified');
  await document.staysTheSame();
});

/** Runs what a fix prints, as the administrator who copied it. */
async function runPrinted(card: Locator) {
  await card.getByText('How to fix it').click();
  const copy = card.getByRole('button', { name: 'Copy the snippet' });
  await run('bash', ['-c', await copiedBy(copy)]);
}

test('what others change leads back to a green card, each by what the card says', async ({
  page,
  context,
}) => {
  await enterAs(context, 'ana');
  const card = await openComponent(page, paymentsApi);
  await expect(verdictOf(card)).toContainText('Verified');
  const other = await context.newPage();
  const roleName = await roleOf(card);

  // Another role: its form leaves the choice, and has made it
  const { associations } = await aws<{
    associations: { associationId: string }[];
  }>(
    'eks',
    'list-pod-identity-associations',
    ...['--cluster-name', paymentsApi.clusterName],
    ...['--namespace', paymentsApi.namespace],
    ...['--service-account', paymentsApi.serviceAccount],
  );
  await aws(
    'eks',
    'update-pod-identity-association',
    ...['--cluster-name', paymentsApi.clusterName],
    ...['--association-id', associations[0].associationId],
    ...['--role-arn', 'arn:aws:iam::111122223333:role/payments-ledger'],
  );
  await letItSpread();
  await verifyNow(card, 'Broken');
  await repair(card, other, 'Repair');
  await expect(verdictOf(card)).toContainText('Verified');
  expect(await roleOf(card)).toBe(roleName);

  // The agent: Ana may install it
  const agent = ['--cluster-name', paymentsApi.clusterName];
  agent.push('--addon-name', 'eks-pod-identity-agent');
  await aws('eks', 'delete-addon', ...agent);
  await letItSpread();
  await verifyNow(card, 'Broken');
  await repair(card, other, 'Install the agent');
  // EKS calls the add-on active a moment before its pods are ready
  await kubectl(
    ...['-n', 'kube-system', 'rollout', 'status'],
    'daemonset/eks-pod-identity-agent',
  );
  await verifyNow(card, 'Verified');

  // The portal names a Deny that it did not write, and leaves it to its author
  const deny = { Effect: 'Deny', Action: 's3:ListAllMyBuckets' };
  const Statement = [{ Sid: 'NoBuckets', ...deny, Resource: '*' }];
  const policy = { Version: '2012-10-17', Statement };
  await aws(
    'iam',
    'put-role-policy',
    ...['--role-name', roleName, '--policy-name', 'no-buckets'],
    ...['--policy-document', JSON.stringify(policy)],
  );
  await letItSpread();
  await verifyNow(card, 'Broken');
  await expect(card).toContainText('NoBuckets');
  await runPrinted(card);
  await letItSpread();
  await verifyNow(card, 'Verified');
});

test('its news can be muted in the settings', async ({ page, context }) => {
  await enterAs(context, 'ana');
  await page.goto('/settings/notifications');
  const mute = page.getByRole('row').filter({ hasText: 'AWS identities' });
  await expect(mute.first()).toBeVisible();
  await picture(page, 'mute');
});

test('running pods get it by the button of the card, which also shows the command', async ({
  page,
  context,
}) => {
  await enterAs(context, 'ana');
  const card = await openComponent(page, archiver);
  const other = await context.newPage();
  await giveIdentity(other, archiver);
  await expect(verdictOf(card)).toContainText('Restart needed');
  await expect(hop(card, 'pods')).toContainText('0 of 1');
  await picture(page, 'entity-degraded');
  await cardPictures(card, 'restart-needed');
  await card.getByText('Do it by hand').click();
  const copy = card.getByRole('button', { name: 'Copy the snippet' });
  expect(await copiedBy(copy)).toBe(
    'kubectl -n payments rollout restart deployment/invoice-archiver',
  );
  await card.getByRole('button', { name: 'Restart now' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(
    'Deployment invoice-archiver: 1 pod started too early',
  );
  await picture(page, 'restart-dialog');
  await expectNoViolations(page);
  await dialog.getByRole('button', { name: 'Restart', exact: true }).click();
  await expect(verdictOf(card)).toContainText('Verified');
  await expect(hop(card, 'pods')).toContainText('1 of 1');
});

test('Sam from another team sees it, but may change nothing', async ({
  page,
  context,
}) => {
  await enterAs(context, 'sam');
  const card = await openComponent(page, paymentsApi);
  await expect(verdictOf(card)).toContainText('Verified');
  await expect(card.getByRole('link', { name: 'View report' })).toBeVisible();
  await expect(card.getByRole('button', { name: 'Verify now' })).toBeHidden();
  const menu = await openMenu(page, card);
  await expect(menu.getByRole('menuitem')).toHaveText([
    'Open report',
    'Copy reference',
    'Copy a kubectl line that tries it',
  ]);
  await page.keyboard.press('Escape');

  // Nor is he led into a form that would refuse him
  const none = await openComponent(page, scorer);
  await expect(none).toContainText('This component has no AWS identity.');
  await expect(
    none.getByRole('link', { name: 'Set up AWS access' }),
  ).toBeHidden();
});

test('the card links to prefilled templates, and shows that the identity is removed', async ({
  page,
  context,
}) => {
  await enterAs(context, 'ana');
  const card = await openComponent(page, paymentsApi);
  await expect(verdictOf(card)).toContainText('Verified');

  const other = await context.newPage();
  const menu = await openMenu(other, await openComponent(other, paymentsApi));
  await menu.getByRole('menuitem', { name: 'Remove identity…' }).click();
  await expect(other.getByLabel('Component').first()).toHaveValue(
    paymentsApi.entityRef,
  );
  await expect(other.getByLabel('Service account')).toHaveValue(
    paymentsApi.serviceAccount,
  );
  await other.getByLabel('Remove it even if workloads still use it').click();
  await reviewAndCreate(other, 'Remove');
  await taskSucceeds(other);

  await expect(
    card.getByText('This component has no AWS identity.'),
  ).toBeVisible();
  await picture(page, 'entity-none');
});

/**
 * Starts what is filled in, and cancels it once the role is there; how it spreads is slow enough for that, and stays
 * so: the task hears of it up to a second later.
 */
async function cancelHalfWay(page: Page) {
  await setPace(0.2);
  await resetCalls();
  await reviewAndCreate(page);
  await expect
    .poll(countCalls, { intervals: [100] })
    .toHaveProperty('iam:CreateRole');
  await page.getByRole('button', { name: 'Cancel' }).click();
}

test('a cancelled setup is undone where that was chosen; else the card says so and leads to the removal', async ({
  page,
  context,
}) => {
  // Its association stays for the tests after this one
  const batch = { ...scorer, serviceAccount: 'fraud-batch' };
  await enterAs(context, 'ana');
  await openPrefilled(page, GIVE_IDENTITY, batch);
  await page.getByLabel('Undo everything if the test fails').check();
  await cancelHalfWay(page);
  await expect.poll(countCalls).toHaveProperty('iam:DeleteRole');
  await setPace(10);

  await openPrefilled(page, GIVE_IDENTITY, batch);
  await cancelHalfWay(page);
  const card = await openComponent(page, scorer);
  await expect(card).toContainText(
    /The setup was cancelled .*Changes made before that may still be in place\./,
  );
  await setPace(10);
  await picture(page, 'entity-cancelled');
  await expect(
    card.getByRole('link', { name: 'Finish the setup' }),
  ).toBeVisible();
  await card.getByRole('link', { name: 'Remove what it created' }).click();
  await expect(preview(page)).toContainText(
    /to remove\..*Remove IAM role .*fraud-batch/,
  );
});

test('it is given by keyboard alone', async ({ page, context }) => {
  await enterAs(context, 'ana');
  const effort = await countEffort(page);
  await giveWithKeys(page, await openComponent(page, paymentsApi));
  printEffort('By keyboard', effort);
  expect(effort.keys).toBeGreaterThan(0);
  expect(effort.keys).toBeLessThanOrEqual(30);
  expect(effort).toMatchObject({ clicks: 0, typed: 0 });
  await page.getByRole('link', { name: 'See its AWS identity' }).click();
  await expect(page.locator('[data-hop="pods"]').first()).toContainText(
    '2 of 2',
  );
});
