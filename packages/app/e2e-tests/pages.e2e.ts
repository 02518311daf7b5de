import { readFile } from 'node:fs/promises';
import { expect, type Locator, type Page } from '@playwright/test';
import { expectAccessible } from './accessibility';
import { test } from './browser';
import { countCalls, resetCalls, setPace, sweepsHaveEnded } from './cluster';
import {
  copiedBy,
  enterAs,
  markDocument,
  openComponent,
  verdictOf,
  verifyNow,
} from './entityPage';
import { picture } from './portal';

/** Its role trusts another service, from the start of the demo. */
const resizer = {
  title: 'Image resizer',
  entityRef: 'component:default/image-resizer',
};

test.beforeAll(() => setPace(10));
test.afterAll(() => setPace(1));

test('the report of a broken identity: cause, checks, past runs, JSON', async ({
  page,
  context,
}) => {
  await enterAs(context, 'sam');
  await sweepsHaveEnded(page);
  const card = await openComponent(page, resizer);
  await expect(verdictOf(card)).toContainText('Broken');
  await card.getByRole('link', { name: 'View report' }).click();

  const cause = page.getByRole('region', { name: 'Likely root cause' });
  await expect(cause).toContainText(
    'The role image-resizer does not trust EKS Pod Identity',
  );
  await expect(cause.locator('pre')).toContainText('pods.eks.amazonaws.com');
  const opened = context.waitForEvent('page');
  await cause.getByRole('link', { name: 'Read more about this check' }).click();
  const docs = await opened;
  await expect(
    docs.getByRole('heading', { name: 'The role trusts this service account' }),
  ).toBeInViewport();
  await docs.close();
  await expect(page.locator('summary h3')).toHaveText([
    'Portal access',
    'Cluster',
    'Pod Identity agent',
    'Role',
    'Association',
    'Service account',
    'Admission',
    'Credentials',
    'Permissions',
    'Workloads',
  ]);

  const asJson = page.getByRole('button', { name: 'Copy as JSON' });
  expect(JSON.parse(await copiedBy(asJson))).toMatchObject({
    status: 'broken',
    ref: { serviceAccount: 'image-resizer' },
  });

  const runs = page
    .getByRole('list', { name: 'Past runs, newest first' })
    .getByRole('button');
  const before = await runs.count();
  await page.getByRole('button', { name: 'Verify now' }).click();
  await expect(runs).toHaveCount(before + 1);
  await expect(runs.first()).toContainText('by Sam Okafor');
  await expect(runs.first()).toHaveAttribute('aria-pressed', 'true');
  await runs.nth(1).click();
  await expect(page).toHaveURL(/[?&]report=/);
  await expect(page.getByText('This is an older report.')).toBeVisible();
  await page.getByRole('button', { name: 'Show the newest' }).click();
  await expect(page.getByText('This is an older report.')).toBeHidden();

  await expectAccessible(page, '.bui-Container:has([data-hop])');
  await page
    .getByRole('region', { name: 'Likely root cause' })
    .evaluate(region => region.scrollIntoView());
  await picture(page, 'report');

  // The catalog has the identity too, related to its component from both ends
  const entity = page
    .getByRole('link', { name: 'shop/image-resizer on orders-legacy' })
    .first();
  await expect(async () => {
    await openComponent(page, resizer);
    await expect(entity).toBeVisible();
  }).toPass();
  await entity.click();
  await page.waitForURL(/\/catalog\/aws-identities\/resource\//);
  await expect(verdictOf(page)).toContainText('Broken');
  await expect(page.getByRole('button', { name: 'Verify now' })).toBeHidden();
  // A node of the graph of its relations
  await page.locator('svg').getByText('Image resizer').click();
  await page.waitForURL(/\/catalog\/default\/component\/image-resizer$/);
});

test('the fleet: filters in the address, a download, the clusters', async ({
  page,
  context,
}) => {
  await enterAs(context, 'ana');
  await sweepsHaveEnded(page);
  await page.goto('/aws-identities/clusters');
  const matrix = page.getByRole('table', {
    name: 'Associations by cluster and status',
  });
  await expect(matrix.getByRole('rowheader')).toHaveCount(5);
  await expectAccessible(page, '.bui-Container:has(table)');
  await picture(page, 'clusters-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await matrix
    .getByRole('link', {
      name: '2 associations with status “Broken” on Orders (legacy)',
    })
    .click();
  await expect(page).toHaveURL(
    /\/associations\?cluster=orders-legacy&status=broken$/,
  );
  await expect(rows(page)).toHaveCount(2);
  await page.reload();
  await expect(rows(page)).toHaveCount(2);
  for (const row of await rows(page).all()) {
    await expect(row).toContainText('Broken');
    await expect(row).toContainText('Orders (legacy)');
  }

  const clear = page.getByRole('button', { name: 'Clear filters' });
  await clear.click();
  await page.getByRole('searchbox').fill('ledger');
  await expect(page).toHaveURL(/\?q=ledger$/);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('payments/payments-ledger');

  await clear.click();
  await expect(page).toHaveURL(/\/associations$/);
  await expect(rows(page).filter({ hasText: 'image-resizer' })).toBeVisible();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download CSV' }).click();
  const csv = await readFile(await (await saving).path(), 'utf8');
  const [head, ...lines] = csv.trim().split(/\r?\n/);
  expect(head).toContain('serviceAccount');
  expect(lines).toHaveLength(await rows(page).count());
  expect(lines.filter(line => line.includes('image-resizer'))).toHaveLength(1);
  await expectAccessible(page, '.bui-Container:has([role="grid"])');
  await picture(page, 'fleet');

  // What is selected is followed to its end, on the page that is open
  await page.goto('/aws-identities/associations?q=ledger');
  const document = await markDocument(page);
  await rows(page).getByRole('checkbox').check({ force: true });
  await page.getByRole('button', { name: 'Verify 1 selected' }).click();
  await expect(page.getByText('1 of 1 verification done.')).toBeVisible();
  await expect(rows(page)).toContainText('just now');
  await document.staysTheSame();

  await page.goto('/aws-identities/associations?q=image-resizer');
  await rows(page).getByRole('link', { name: 'Image resizer' }).click();
  await expect(page).toHaveURL(/\/image-resizer\/aws-identity\?ref=/);
  await page.goBack();
  await expect(rows(page)).toHaveCount(1);
});

test('the card of a component without an association says by what it uses AWS', async ({
  page,
  context,
}) => {
  await enterAs(context, 'priya');
  await sweepsHaveEnded(page);
  const opened = async (title: string) => {
    const name = title.toLowerCase().replace(' ', '-');
    const entityRef = `component:default/${name}`;
    return openComponent(page, { title, entityRef });
  };
  // The look of all AWS access may end after its sweep
  let alone!: Locator;
  await expect(async () => {
    alone = await opened('Freight invoices');
    expect(await alone.innerText()).toContain('without EKS Pod Identity');
  }).toPass();
  await expect(alone.getByText('Uses IRSA')).toBeVisible();
  await expect(alone).toContainText(
    'Its namespace billing is that of this component.',
  );
  await expect(alone).toContainText('by CloudFormation');
  await expect(alone).toContainText('boto3');

  const claimed = await opened('Stock API');
  await expect(verdictOf(claimed)).toContainText('Uses IRSA');
  await expect(claimed).toContainText('by Terraform');
  await expectAccessible(
    page,
    '.bui-Card:has([data-testid="identity-status"])',
  );
  await claimed.getByRole('link', { name: 'In All AWS access' }).click();
  await expect(page).toHaveURL(
    /\/access\?cluster=warehouse-prod&q=warehouse%2Fstock-api$/,
  );
  await expect(
    page.getByText('1 service account', { exact: true }),
  ).toBeVisible();
});

// Last, when the check of the setup that follows the start has ended
test('opening the pages makes no calls to AWS or Kubernetes but to search what the application did', async ({
  page,
  context,
}) => {
  await enterAs(context, 'sam');
  await sweepsHaveEnded(page);
  await page.goto('/aws-identities/clusters');
  const searches: string[] = [];
  page.on('request', request => {
    if (request.method() === 'POST' && request.url().endsWith('/use')) {
      searches.push(request.url());
    }
  });
  /** Without those of sweeps, which search CloudTrail every five minutes, and of the demo's programs on IRSA. */
  const countOfPages = async () => {
    const {
      'cloudtrail:LookupEvents': _,
      'sts:AssumeRoleWithWebIdentity': __,
      ...calls
    } = await countCalls();
    return calls;
  };
  const silence = () =>
    expect
      .poll(async () => {
        await resetCalls();
        // Two seconds, ten in a slow run: nothing tells when a check ends that asks every few hundred milliseconds
        await page.waitForTimeout(test.info().timeout / 150);
        return countOfPages();
      })
      .toEqual({});
  // The check of the setup goes on for a while after the start
  await silence();
  // An identity that was last looked at a minute ago is looked at as its page opens
  const ofALook = [
    'eks:ListPodIdentityAssociations',
    'eks:DescribePodIdentityAssociation',
    'iam:GetRole',
    'iam:ListAttachedRolePolicies',
    'iam:ListRolePolicies',
  ];
  let calls: string[];
  let again: boolean;
  do {
    const verifiedAt = Date.now();
    searches.length = 0;
    await verifyNow(await openComponent(page, resizer), 'Broken');
    expect(await countOfPages()).toHaveProperty('iam:GetRole');
    // A look that began as the page opened may end after the verification
    await silence();
    const card = await openComponent(page, resizer);
    await expect(verdictOf(card)).toContainText('Broken');
    await card.getByRole('link', { name: 'View report' }).click();
    await expect(page).toHaveURL(
      /\/image-resizer\/aws-identity\?ref=orders-legacy%2Fshop%2Fimage-resizer$/,
    );
    await expect(
      page.getByRole('heading', { name: /^Report of/ }),
    ).toBeVisible();
    await expect(
      page.getByRole('region', { name: 'Used by the application' }),
    ).toContainText('has not used it yet');
    // A report alone searches what the application did
    expect(searches).toEqual([
      expect.stringContaining('/orders-legacy/shop/image-resizer/use'),
    ]);
    await page.goto('/aws-identities');
    await expect(
      page.getByRole('row').filter({ hasText: 'shop/image-resizer' }),
    ).toBeVisible();
    expect(searches).toHaveLength(1);
    const isLate = Date.now() - verifiedAt > 60_000;
    calls = Object.keys(await countOfPages()).filter(
      call => !isLate || !ofALook.includes(call),
    );
    // What takes so long may meet a sweep
    again = isLate && calls.length > 0;
  } while (again);
  expect(calls).toEqual([]);
});

/** The rows of the fleet, without the header row. */
function rows(page: Page) {
  return page.getByRole('grid').getByRole('rowgroup').last().getByRole('row');
}
