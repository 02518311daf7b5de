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
import { clusterPickerSchema } from './fields/EksClusterPicker/schema';
import { namespacePickerSchema } from './fields/EksNamespacePicker/schema';
import { planPreviewSchema } from './fields/EksPlanPreview/schema';
import { serviceAccountPickerSchema } from './fields/EksServiceAccountPicker/schema';

const SCHEMAS: Record<
  string,
  Pick<typeof planPreviewSchema, 'schema'> | undefined
> = {
  EksClusterPicker: clusterPickerSchema,
  EksNamespacePicker: namespacePickerSchema,
  EksServiceAccountPicker: serviceAccountPickerSchema,
  EksPlanPreview: planPreviewSchema,
};
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const values = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'api',
  policies: [S3],
};

const read = (path: string) => readFileSync(resolve(__dirname, path), 'utf8');

/** The filled-in form with its plan. */
async function formWithPlan(
  form: { required: string[]; properties: Record<string, any> },
  filledIn: Record<string, unknown>,
) {
  const backend = new FakeBackend({
    'GET /v1/clusters': list(cluster('payments-prod', 'Payments')),
    'GET /v1/clusters/payments-prod/namespaces': list('payments'),
    'GET /v1/clusters/payments-prod/namespaces/payments/service-accounts':
      list('api'),
    'GET /v1/policies?cluster=payments-prod': list(),
    'POST /v1/plans': { body: plan(planStep('a-role', 'create')) },
  });
  const shown = showForm({ backend, ...form, values: filledIn });
  expect(await screen.findByText(/^1 to create\./)).toBeVisible();
  return {
    ...shown,
    planned: backend.seen.find(({ method }) => method === 'POST')!.body,
  };
}

it('the template of the README is a form that works', async () => {
  const [, yaml] = /```yaml\n(parameters:[^]*?)```/.exec(read('../README.md'))!;
  const [{ required, properties }] = parse(yaml).parameters;
  const { planned, created, submit } = await formWithPlan(
    { required, properties },
    values,
  );
  const { policies, ...target } = values;
  expect(planned).toEqual({
    kind: 'associate',
    fresh: false,
    input: { ...target, managedPolicyArns: policies },
  });
  await submit();
  expect(created).toEqual([{ ...values, planPreview: null }]);
});

it('the template of docs/templates.md is a form that works', async () => {
  const { spec } = parse(read('../../../examples/own-template/template.yaml'));
  const properties: Record<string, any> = Object.assign(
    {},
    ...spec.parameters.map((page: any) => page.properties),
  );
  const chosen = Object.values(properties).flatMap(property => {
    const schema = SCHEMAS[property['ui:field']];
    return schema ? [[schema, property['ui:options'] ?? {}] as const] : [];
  });
  expect(chosen).toHaveLength(Object.keys(SCHEMAS).length);
  for (const [{ schema }, options] of chosen) {
    expect(Object.keys(schema.uiOptions!.properties!)).toEqual(
      expect.arrayContaining(Object.keys(options)),
    );
  }
  const asked = {
    ...values,
    entityRef: 'component:default/api',
    policies: [properties.policies.items.enum[0]],
  };
  const { planned, created, submit } = await formWithPlan(
    { required: Object.keys(asked), properties },
    asked,
  );
  expect(screen.getByLabelText('Receipts')).toBeChecked();
  expect(screen.getByLabelText('Orders')).not.toBeChecked();
  const { policies, ...target } = asked;
  expect(planned.input).toEqual({
    ...target,
    managedPolicyArns: policies,
    restartWorkloads: true,
  });
  await submit();
  expect(created).toEqual([{ ...asked, planPreview: null }]);
});
