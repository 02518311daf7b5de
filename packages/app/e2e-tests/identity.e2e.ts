import { expect } from '@playwright/test';
import { expectFewWords } from './accessibility';
import { test } from './browser';
import { setPace } from './cluster';
import {
  scorer,
  chooseTemplate,
  fillWhere,
  GIVE_IDENTITY,
  next,
  openPrefilled,
  picker,
  picture,
  preview,
  reviewAndCreate,
  signIn,
  taskSucceeds,
} from './portal';

// Each test continues from the state in which the previous one left the cluster
test.describe.configure({ mode: 'serial' });
test.beforeAll(() => setPace(10));
test.afterAll(() => setPace(1));

test('Ana gives her component an AWS identity, and a pod proves it', async ({
  page,
}) => {
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Ana' })).toBeVisible();
  await expect(
    page.getByRole('complementary', { name: 'Sandbox account' }),
  ).toBeVisible();
  await signIn(page, 'Ana');

  await chooseTemplate(page, 'Give a component an AWS identity');
  await fillWhere(page);
  await page.keyboard.press('Tab');
  await expect(page.getByText('Loading…')).toBeHidden();
  await picture(page, 'form');
  await picker(page, 'Namespace').fill('Payments_1');
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(
    page.getByText('A namespace has at most 63 lower-case letters').first(),
  ).toBeVisible();
  await picker(page, 'Namespace').fill(scorer.namespace);
  await picker(page, 'Permissions').fill('receipts');
  await page
    .getByRole('option', {
      name: /^read-payments-receipts.*tested by aws s3 ls s3:\/\/acme-payments-receipts/,
    })
    .click();
  await expect(
    page.getByRole('button', { name: 'read-payments-receipts' }),
  ).toBeVisible();
  await expect(preview(page)).toContainText('4 to create');
  await expect(preview(page)).toContainText(
    'Create association payments-prod/payments/fraud-scorer',
  );
  await preview(page).scrollIntoViewIfNeeded();
  await picture(page, 'plan');
  await reviewAndCreate(page);
  await taskSucceeds(page);
  await expect(
    page.getByRole('heading', {
      name: /^No workload: .* a test pod obtained the role/,
    }),
  ).toBeVisible();
  await expect(
    page.getByRole('listitem').filter({ hasText: /^Role of the pod/ }),
  ).toHaveText(
    /: eks-payments-prod-payments-fraud-scorer-[0-9a-f]{8} \(111122223333\)$/,
  );
  await picture(page, 'verified');

  await page.getByRole('link', { name: 'See its AWS identity' }).click();
  await page.waitForURL(
    /\/catalog\/default\/component\/fraud-scorer\/aws-identity\?ref=/,
  );
  await expect(page.getByText('No workload').first()).toBeVisible();
  await expect(page.getByText('s3 ls').first()).toBeVisible();
});

test('giving it again changes nothing', async ({ page }) => {
  await signIn(page, 'Ana');
  await openPrefilled(page, GIVE_IDENTITY, scorer);
  await expect(preview(page)).toContainText('Nothing will change');
  await reviewAndCreate(page);
  await taskSucceeds(page);
  // The log renders only visible lines; a search scrolls to its match
  await page.getByPlaceholder('Search').fill('nothing to do');
  await expect(page.getByText('nothing to do')).toBeVisible();
});

test('Sam from another team is refused on her component', async ({ page }) => {
  await signIn(page, 'Sam');
  await openPrefilled(page, 'remove-aws-identity', scorer);
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(
    page
      .getByText(
        /You are not allowed to remove the AWS identity of payments-prod\/payments\/fraud-scorer/,
      )
      .first(),
  ).toBeVisible();
  await expect(page.getByRole('button', { name: 'Remove' })).toBeHidden();

  await openPrefilled(page, GIVE_IDENTITY, scorer);
  await expect(preview(page)).toContainText('You are not allowed to');
  await expectFewWords(page.locator('form'), 'form that is refused', 330);
  await preview(page).scrollIntoViewIfNeeded();
  await picture(page, 'refused');

  // Even in his own namespace the component is not his: said at once, and the form goes no further
  await openPrefilled(page, GIVE_IDENTITY, {
    ...scorer,
    clusterName: 'orders-legacy',
    namespace: 'shop',
  });
  await expect(
    page.getByText(
      'Fraud scorer belongs to the payments team. Ask them or the platform team',
    ),
  ).toBeVisible();
  await expect(preview(page)).toContainText(
    /No preview is possible\..* belongs to group:default\/payments/,
  );
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(
    page.getByText(/belongs to group:default\/payments/).nth(1),
  ).toBeVisible();
  await expect(
    page.getByRole('button', { name: 'Create', exact: true }),
  ).toBeHidden();
});

test('Ana removes it, and then nothing is left to remove', async ({ page }) => {
  await signIn(page, 'Ana');
  await chooseTemplate(page, "Remove a component's AWS identity");
  await fillWhere(page);
  await expect(preview(page)).toContainText(
    /4 to remove\..*Remove association a-.*Remove service account payments\/fraud-scorer/,
  );
  await reviewAndCreate(page, 'Remove');
  await taskSucceeds(page);
  await expect(page.getByText('Removed from')).toBeVisible();

  await openPrefilled(page, 'remove-aws-identity', scorer);
  await reviewAndCreate(page, 'Remove');
  await taskSucceeds(page);
  await expect(
    page.getByText('Nothing that this portal created'),
  ).toBeVisible();
});

test.describe('in the dark', () => {
  test.use({ colorScheme: 'dark' });

  test('a verification without a pod says what is missing', async ({
    page,
  }) => {
    await signIn(page, 'Ana');
    await openPrefilled(page, 'verify-aws-identity', scorer);
    await next(page);
    await page.getByLabel('Only read, without a pod').check();
    await reviewAndCreate(page);
    await expect(page.getByText(/^Error: Broken: /)).toBeVisible();
    await picture(page, 'failed-dark');
  });
});
