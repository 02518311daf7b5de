/** @needs aws */
import { expect } from '@playwright/test';
import { test } from './browser';
import { aws, setPace } from './cluster';
import { enterAs } from './entityPage';
import {
  GIVE_IDENTITY,
  next,
  openPrefilled,
  picker,
  picture,
  preview,
} from './portal';

/** No workload uses it. */
const batch = {
  entityRef: 'component:default/invoice-archiver',
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'archive-batch',
};

test.beforeAll(() => setPace(10));
test.afterAll(() => setPace(1));

test('the form offers a role that exists, and the association of another owner', async ({
  page,
  context,
}) => {
  await enterAs(context, 'ana');
  const asking = page.waitForRequest(/\/api\/eks-pod-identity\//);
  await openPrefilled(page, GIVE_IDENTITY, batch);
  const asked = await asking;
  const { authorization } = await asked.allHeaders();
  const entity = await page.request.get(
    new URL(
      '/api/catalog/entities/by-name/component/default/invoice-archiver',
      asked.url(),
    ).href,
    { headers: { authorization } },
  );
  const { uid } = (await entity.json()).metadata;
  const { Role } = await aws<{ Role: { Arn: string } }>(
    'iam',
    'create-role',
    '--role-name',
    'archive-by-hand',
    '--tags',
    `Key=backstage.io/entity-ref,Value=${batch.entityRef}`,
    `Key=backstage.io/entity-uid,Value=${uid}`,
    '--assume-role-policy-document',
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ],
    }),
  );
  await page.getByLabel('Use an existing role').check();
  await picker(page, 'Existing role').click();
  const option = page.getByRole('option', { name: 'archive-by-hand' });
  await expect(option).toContainText('tagged for this component');
  await option.click();
  await expect(picker(page, 'Existing role')).toHaveValue('archive-by-hand');
  await expect(preview(page)).toContainText('archive-by-hand');
  await picture(page, 'role-picker');

  await aws(
    'eks',
    'create-pod-identity-association',
    '--cluster-name',
    batch.clusterName,
    '--namespace',
    batch.namespace,
    '--service-account',
    batch.serviceAccount,
    '--role-arn',
    Role.Arn,
  );
  await page.getByLabel('Create a role for this component').check();
  await preview(page).getByRole('button', { name: 'Refresh' }).click();
  await expect(preview(page)).toContainText('This run would be refused');
  await preview(page)
    .getByText(
      /^Use the association a-\w+ with its role archive-by-hand, as they are/,
    )
    .click();
  await expect(preview(page)).toContainText('Nothing has been changed yet.');
  await expect(preview(page)).not.toContainText('This run would be refused');
  await picture(page, 'adoption');
  await next(page, 'Review');
  await expect(
    page.getByRole('button', { name: 'Create', exact: true }),
  ).toBeVisible();
});
