import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { screen } from '@testing-library/react';
import { parse } from 'yaml';
import {
  cluster,
  FakeBackend,
  list,
  plan,
  planStep,
} from './__testUtils__/FakeBackend';
import { showForm } from './__testUtils__/showForm';

it('the template of the README is a form that works', async () => {
  const readme = readFileSync(resolve(__dirname, '../README.md'), 'utf8');
  const [, yaml] = /```yaml\n(parameters:[^]*?)```/.exec(readme)!;
  const [{ required, properties }] = parse(yaml).parameters;
  const s3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  const backend = new FakeBackend({
    'GET /v1/clusters': list(cluster('payments-prod', 'Payments')),
    'GET /v1/clusters/payments-prod/namespaces': list('payments'),
    'GET /v1/clusters/payments-prod/namespaces/payments/service-accounts':
      list('api'),
    'GET /v1/policies?cluster=payments-prod': list(),
    'POST /v1/plans': { body: plan(planStep('a-role', 'create')) },
  });
  const values = {
    clusterName: 'payments-prod',
    namespace: 'payments',
    serviceAccount: 'api',
    policies: [s3],
  };
  const { created, submit } = showForm({
    backend,
    properties,
    required,
    values,
  });
  expect(await screen.findByText(/^1 to create\./)).toBeVisible();
  expect(backend.seen.find(({ method }) => method === 'POST')!.body).toEqual({
    kind: 'associate',
    fresh: false,
    input: {
      clusterName: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'api',
      managedPolicyArns: [s3],
    },
  });
  await submit();
  expect(created).toEqual([{ ...values, planPreview: null }]);
});
