import { expect, test } from '@playwright/test';
import { aws, letItSpread, paste, setPace } from './cluster';
import {
  enterAs,
  giveIdentity,
  hop,
  markDocument,
  openComponent,
  type Target,
  verdictOf,
  verifyNow,
} from './entityPage';
import { picture } from './portal';

/** No pod runs under it yet, so nothing has to be restarted. */
const reports: Target = {
  title: 'Payments API',
  entityRef: 'component:default/payments-api',
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api-reports',
};

/** Its Deployment has been running for long. */
const archiver: Target = {
  title: 'Invoice archiver',
  entityRef: 'component:default/invoice-archiver',
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'invoice-archiver',
};

interface Trust {
  Version: string;
  Statement: object[];
}

test.beforeAll(() => setPace(10));
test.afterAll(() => setPace(1));

test('an open page follows an identity: given, broken, repaired', async ({
  page,
  context,
}) => {
  await enterAs(context, 'ana');
  const card = await openComponent(page, reports);
  await expect(
    card.getByText('This component has no AWS identity.'),
  ).toBeVisible();
  const document = await markDocument(page);

  const other = await context.newPage();
  await giveIdentity(other, reports);
  await expect(verdictOf(card)).toContainText('Verified');
  await expect(hop(card, 'access')).toContainText('passed');
  await picture(page, 'entity-verified');

  const roleName = await hop(card, 'role')
    .locator('a')
    .evaluate(link => link.getAttribute('href')!.split('/').pop()!);
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
  await verifyNow(card, 'Failed');
  await expect(hop(card, 'role')).toContainText('Failed');
  await picture(page, 'entity-failed');

  await expect(
    card.getByText(`Add this statement to the trust policy of ${roleName}`),
  ).toBeVisible();
  const statement = JSON.parse(await card.locator('pre').innerText());
  const { Role } = await aws<{ Role: { AssumeRolePolicyDocument: Trust } }>(
    'iam',
    'get-role',
    '--role-name',
    roleName,
  );
  const trust = Role.AssumeRolePolicyDocument;
  await aws(
    'iam',
    'update-assume-role-policy',
    '--role-name',
    roleName,
    '--policy-document',
    JSON.stringify({ ...trust, Statement: [...trust.Statement, statement] }),
  );
  await letItSpread();
  await verifyNow(card, 'Verified');
  await document.staysTheSame();
});

test('pods that run already get it by the command that the card shows', async ({
  page,
  context,
}) => {
  await enterAs(context, 'ana');
  const card = await openComponent(page, archiver);
  const other = await context.newPage();
  await giveIdentity(other, archiver);
  await expect(verdictOf(card)).toContainText('Degraded');
  await expect(hop(card, 'pod')).toContainText('0 of 1 have it');
  await picture(page, 'entity-degraded');
  const command = await card.locator('pre').innerText();
  await paste(command);
  await paste('kubectl -n payments rollout status deployment/invoice-archiver');
  await verifyNow(card, 'Verified');
  await expect(hop(card, 'pod')).toContainText('1 of 1 have it');
});
