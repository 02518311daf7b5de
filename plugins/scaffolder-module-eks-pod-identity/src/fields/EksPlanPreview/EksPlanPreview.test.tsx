import { screen, waitFor, within } from '@testing-library/react';
import {
  FakeBackend,
  plan,
  planStep,
  refusal,
} from '../../__testUtils__/FakeBackend';
import { showForm } from '../../__testUtils__/showForm';

const PLANS = 'POST /v1/plans';
const target = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'api',
  entityRef: 'component:default/payments-api',
};
const preview = {
  planPreview: {
    title: 'What will happen',
    description: 'With what you have filled in.',
    type: ['object', 'null'],
    'ui:field': 'EksPlanPreview',
    'ui:options': {
      input: {
        roleArn: { from: 'roleArn', when: { roleMode: 'existing' } },
        managedPolicyArns: { from: 'policies', when: { roleMode: 'create' } },
        createServiceAccount: { value: 'always' },
      },
    },
  },
};
const region = async () =>
  within(await screen.findByRole('region', { name: 'What will happen' }));

describe('the preview of a plan', () => {
  it('waits for the names it needs before it sends a request', async () => {
    const backend = new FakeBackend({});
    showForm({
      backend,
      properties: preview,
      values: { clusterName: 'payments-prod' },
    });
    expect(
      await (await region()).findByText(/^Fill in the cluster, the namespace/),
    ).toBeVisible();
    expect(backend.seen).toEqual([]);
  });

  it('says which input is wrong, and sends no request', async () => {
    const backend = new FakeBackend({});
    showForm({
      backend,
      properties: preview,
      values: { ...target, serviceAccount: 'Not_this' },
    });
    expect(
      await (
        await region()
      ).findByText(/^No preview yet: serviceAccount must be/),
    ).toBeVisible();
    expect(backend.seen).toEqual([]);
  });

  it('sends the inputs that apply, shows changes and folds what is kept', async () => {
    const backend = new FakeBackend({
      [PLANS]: {
        body: plan(
          planStep('a-role', 'create', {
            reason: 'there is no such role yet',
            after: { trustPolicy: { Version: '2012-10-17' } },
          }),
          planStep('policy', 'create', {
            resource: {
              kind: 'managed-policy',
              name: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
            },
          }),
          planStep('association', 'update', {
            resource: {
              kind: 'association',
              name: 'payments-prod/payments/api',
            },
            before: { roleArn: 'arn:old' },
            after: { roleArn: 'arn:new' },
          }),
          planStep('agent', 'keep', {
            resource: { kind: 'agent', name: 'eks-pod-identity-agent' },
          }),
          planStep('gate', 'keep', {
            resource: { kind: 'gate', name: 'new pods receive the identity' },
          }),
          planStep('workloads', 'update', {
            resource: { kind: 'workload', name: 'Deployment payments/api' },
          }),
        ),
      },
    });
    const { user, created, submit } = showForm({
      backend,
      properties: preview,
      values: {
        ...target,
        roleMode: 'create',
        roleArn: 'left over from another choice',
        policies: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      },
    });
    const shown = await region();
    expect(
      await shown.findByText(
        '2 to create, 2 to change. Nothing has been changed yet.',
      ),
    ).toBeVisible();
    expect(backend.seen.map(({ body }) => body)).toEqual([
      {
        kind: 'associate',
        fresh: false,
        input: {
          ...target,
          managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
          createServiceAccount: 'always',
        },
      },
    ]);
    const lines = shown.getAllByRole('listitem').map(item => item.textContent);
    expect(lines).toEqual([
      expect.stringMatching(
        /^Create IAM role a-role:there is no such role yet/,
      ),
      expect.stringMatching(/^Attach managed policy AmazonS3ReadOnlyAccess/),
      expect.stringMatching(
        /^Change association payments-prod\/payments\/api.*arn:oldarn:new$/,
      ),
      expect.stringMatching(/^Then wait until new pods receive the identity/),
      expect.stringMatching(/Deployment payments\/api/),
      expect.stringMatching(/^Keep Pod Identity agent/),
    ]);
    expect(
      shown.getByText('1 stays as it is').closest('details'),
    ).not.toHaveAttribute('open');

    await user.click(shown.getByText('Refresh'));
    await waitFor(() => expect(backend.seen).toHaveLength(2));
    expect(backend.seen[1].body.fresh).toBe(true);
    // It asks, and starts nothing; the form hands on that the field is there, so that it is validated
    await shown.findByText(/2 to create/);
    await submit();
    expect(created[0]).toMatchObject({ planPreview: null });
    expect(new Set(backend.paths())).toEqual(new Set([PLANS]));
  });

  it('says that nothing will change', async () => {
    showForm({
      backend: new FakeBackend({
        [PLANS]: { body: plan(planStep('a-role', 'keep')) },
      }),
      properties: preview,
      values: target,
    });
    expect(
      await (await region()).findByText(/^Nothing will change/),
    ).toBeVisible();
  });

  it('says that a plan with a conflict is refused as a whole, and why', async () => {
    showForm({
      backend: new FakeBackend({
        [PLANS]: {
          body: {
            ...plan(
              planStep('a-role', 'create'),
              planStep('association', 'conflict', {
                resource: { kind: 'association', name: 'a-123' },
                reason: 'Terraform owns it',
              }),
            ),
            warnings: ['The role has more than ten policies.'],
          },
        },
      }),
      properties: preview,
      values: target,
    });
    const shown = await region();
    expect(
      await shown.findByText(
        'This run would be refused and would change nothing.',
      ),
    ).toBeVisible();
    expect(shown.getAllByRole('listitem')[0]).toHaveTextContent(
      /^Refused association a-123:Terraform owns it/,
    );
    expect(
      shown.getByText('The role has more than ten policies.'),
    ).toBeVisible();
  });

  it.each([
    [{ force: { title: 'Remove it all the same', type: 'boolean' } }],
    [{}],
  ])(
    'says in the words of the form why what is used is not removed (%j)',
    async further => {
      const refused = plan(planStep('workloads', 'conflict'));
      const affectedWorkloads = [{ kind: 'Deployment', name: 'api', pods: 2 }];
      showForm({
        backend: new FakeBackend({
          [PLANS]: {
            body: { ...refused, kind: 'teardown', affectedWorkloads },
          },
        }),
        properties: {
          ...further,
          planPreview: {
            ...preview.planPreview,
            'ui:options': { kind: 'teardown', input: { force: 'force' } },
          },
        },
        values: target,
      });
      const shown = await region();
      expect(
        await shown.findByText(
          `Deployment api (2 running pods) still uses it and would lose AWS access. Stop it first${
            'force' in further ? ', or tick “Remove it all the same”.' : '.'
          }`,
        ),
      ).toBeVisible();
      expect(shown.queryByText(/reason of workloads/)).not.toBeInTheDocument();
      expect(shown.getAllByText(/Deployment api/)).toHaveLength(1);
    },
  );

  it('lets the user keep the association of another owner, which is then no conflict', async () => {
    const roleArn = 'arn:aws:iam::111122223333:role/team/theirs';
    const association = { kind: 'association' as const, name: 'a-123' };
    const backend = new FakeBackend({
      [PLANS]: {
        body: {
          ...plan(
            planStep('association', 'conflict', {
              resource: association,
              owner: 'external',
              choice: { roleArn },
            }),
          ),
          conflicts: true,
        },
      },
    });
    const { user, created, submit } = showForm({
      backend,
      properties: preview,
      values: {
        ...target,
        roleMode: 'create',
        policies: ['arn:aws:iam::aws:policy/X'],
      },
    });
    const shown = await region();
    const box = await shown.findByRole('checkbox', {
      name: /^Use the association a-123 with its role theirs, as they are/,
    });
    expect(box).not.toBeChecked();
    backend.answers = {
      [PLANS]: {
        body: plan(planStep('association', 'keep', { resource: association })),
      },
    };
    await user.click(box);
    expect(await shown.findByText(/^Nothing will change/)).toBeVisible();
    expect(shown.getByRole('checkbox')).toBeChecked();
    expect(backend.seen.at(-1)!.body.input).toEqual({
      ...target,
      roleArn,
      createServiceAccount: 'always',
    });
    await submit();
    expect(created[0]).toMatchObject({
      planPreview: { roleArn, target: 'payments-prod/payments/api' },
    });
  });

  it('shows no choice of a link that has nothing to change by now', async () => {
    const backend = new FakeBackend({
      [PLANS]: { body: plan(planStep('association', 'keep')) },
    });
    showForm({
      backend,
      properties: {
        planPreview: { ...preview.planPreview, 'ui:options': {} },
      },
      values: {
        ...target,
        planPreview: {
          target: 'payments-prod/payments/api',
          replaceRole: true,
        },
      },
    });
    const shown = await region();
    await waitFor(() => expect(backend.seen).toHaveLength(1));
    expect(await shown.findByText('reason of association')).toBeInTheDocument();
    expect(shown.queryByRole('checkbox')).toBeNull();
  });

  it('shows what was chosen beforehand, and adds and drops one choice of several', async () => {
    const target_ = 'payments-prod/payments/api';
    const backend = new FakeBackend({
      [PLANS]: {
        body: plan(
          planStep('association', 'update', {
            resource: { kind: 'association', name: 'a-123' },
          }),
          planStep('service-account', 'keep', {
            resource: { kind: 'service-account', name: 'payments/api' },
            choice: { createServiceAccount: 'always' },
          }),
        ),
      },
    });
    const { user, created, submit } = showForm({
      backend,
      properties: {
        planPreview: { ...preview.planPreview, 'ui:options': {} },
      },
      values: {
        ...target,
        planPreview: { target: target_, replaceRole: true },
      },
    });
    const shown = await region();
    const role = () =>
      shown.findByRole('checkbox', { name: /^Replace the role of .* a-123/ });
    const account = () =>
      shown.findByRole('checkbox', {
        name: /^Create the service account payments\/api all the same/,
      });
    const asked = () => {
      const { replaceRole, createServiceAccount } =
        backend.seen.at(-1)!.body.input;
      return { replaceRole, createServiceAccount };
    };
    expect(await role()).toBeChecked();
    expect(await account()).not.toBeChecked();
    expect(asked().replaceRole).toBe(true);
    await user.click(await account());
    await waitFor(() =>
      expect(asked()).toEqual({
        replaceRole: true,
        createServiceAccount: 'always',
      }),
    );
    expect(await account()).toBeChecked();
    await user.click(await role());
    await waitFor(() => expect(asked().replaceRole).toBeUndefined());
    await account();
    await submit();
    expect(created[0].planPreview).toEqual({
      target: target_,
      createServiceAccount: 'always',
    });
  });

  it.each([
    [
      403,
      'NotAllowedError',
      'component:default/payments-api belongs to group:default/payments.',
    ],
    [429, 'TooManyRequestsError', 'You are waiting for 4 plans already.'],
  ])(
    'tells a refusal (%s) in the backend’s own sentence, and can be asked again',
    async (status, name, sentence) => {
      const backend = new FakeBackend({
        [PLANS]: refusal(status, name, sentence),
      });
      const { user } = showForm({
        backend,
        properties: preview,
        values: target,
      });
      const shown = await region();
      expect(
        await shown.findByText(`No preview is possible. ${sentence}`),
      ).toBeVisible();
      backend.answers = { [PLANS]: { body: plan(planStep('a-role', 'keep')) } };
      await user.click(shown.getByText('Refresh'));
      expect(await shown.findByText(/^Nothing will change/)).toBeVisible();
      expect(shown.queryByText(/No preview is possible/)).toBeNull();
    },
  );

  it('lists what a teardown removes and which workloads lose access', async () => {
    const backend = new FakeBackend({
      [PLANS]: {
        body: {
          ...plan(
            planStep('a-role', 'delete', {
              resource: {
                kind: 'role',
                name: 'arn:aws:iam::111122223333:role/a-role',
                consoleUrl: 'https://console.aws.amazon.com/a-role',
              },
            }),
          ),
          kind: 'teardown',
          affectedWorkloads: [{ kind: 'Deployment', name: 'api', pods: 3 }],
        },
      },
    });
    showForm({
      backend,
      properties: {
        planPreview: {
          ...preview.planPreview,
          'ui:options': { kind: 'teardown', input: { force: 'force' } },
        },
      },
      values: { ...target, force: true },
    });
    const shown = await region();
    expect(await shown.findByText(/^1 to remove\./)).toBeVisible();
    expect(shown.getByText('Deployment api · 3 running pods')).toBeVisible();
    expect(
      shown.getByRole('link', { name: 'Open a-role in the AWS console' }),
    ).toHaveAttribute('href', 'https://console.aws.amazon.com/a-role');
    expect(backend.seen[0].body).toEqual({
      kind: 'teardown',
      fresh: false,
      input: { ...target, force: true },
    });
  });

  it('shows that it is loading, and aborts the request with the form', async () => {
    const backend = new FakeBackend({ [PLANS]: 'never' });
    const { unmount } = showForm({
      backend,
      properties: preview,
      values: target,
    });
    const element = await screen.findByRole('region', {
      name: 'What will happen',
    });
    await waitFor(() => expect(backend.seen).toHaveLength(1));
    expect(element).toHaveAttribute('aria-busy', 'true');
    expect(screen.getByText('Reading from AWS and the cluster…')).toBeVisible();
    unmount();
    expect(backend.seen[0].signal!.aborted).toBe(true);
  });
});
