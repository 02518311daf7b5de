import { screen, waitFor, within } from '@testing-library/react';
import {
  cluster,
  FakeBackend,
  list,
  refusal,
} from '../__testUtils__/FakeBackend';
import { showForm } from '../__testUtils__/showForm';

const properties = {
  clusterName: {
    title: 'Cluster',
    type: 'string',
    description: 'Where it **runs**.',
    'ui:field': 'EksClusterPicker',
    'ui:options': { access: 'create' },
  },
  namespace: {
    title: 'Namespace',
    type: 'string',
    'ui:field': 'EksNamespacePicker',
  },
  serviceAccount: {
    title: 'Service account',
    type: 'string',
    'ui:field': 'EksServiceAccountPicker',
  },
};
const prod = cluster('payments-prod', 'Payments (production)');
const legacy = cluster('orders-legacy', 'Orders (legacy)', {
  can: {
    create: false,
    installAgent: false,
    createNamespace: false,
    sweep: false,
    setup: false,
  },
});
const auto = cluster('platform-auto', 'Platform (Auto Mode)');
const NAMESPACES = 'GET /v1/clusters/payments-prod/namespaces';
const ACCOUNTS =
  'GET /v1/clusters/payments-prod/namespaces/payments/service-account-choices';
const PROPOSALS = 'GET /v1/entities/component/default/payments-api/proposals';
const accountNamed = (name: string) => ({
  name,
  exists: true,
  hasIdentity: false,
  workloads: [],
});
const answers = {
  'GET /v1/clusters': list(prod, auto, legacy),
  [NAMESPACES]: list('payments', 'ledger'),
  [ACCOUNTS]: list(accountNamed('default'), {
    ...accountNamed('api'),
    hasIdentity: true,
    workloads: [{ kind: 'Deployment', name: 'payments-api', pods: 2 }],
  }),
};

// Queries by role are slow in a simulated browser; an open list has the same label
const picker = (name: string | RegExp) =>
  screen.getByLabelText(name, { selector: 'input' });
const findPicker = (name: string | RegExp) =>
  screen.findByLabelText(name, { selector: 'input' });

describe('the pickers in the scaffolder’s form', () => {
  it('lead from the cluster to the service account; each lists what the previous choice allows', async () => {
    const backend = new FakeBackend(answers);
    const { user, created, submit } = showForm({
      backend,
      properties,
      required: ['clusterName', 'namespace', 'serviceAccount'],
    });
    expect(
      await screen.findByText('Choose a cluster to see its namespaces.'),
    ).toBeVisible();
    expect(await screen.findByText('runs')).toBeVisible();
    expect(picker(/Cluster/)).toHaveAttribute('role', 'combobox');
    await waitFor(() => expect(backend.paths()).toEqual(['GET /v1/clusters']));

    await user.click(picker(/Cluster/));
    await user.click(await screen.findByText('Payments (production)'));
    expect(picker(/Cluster/)).toHaveValue('Payments (production)');
    await waitFor(() => expect(backend.paths()).toContain(NAMESPACES));

    await user.click(picker(/Namespace/));
    await user.type(picker(/Namespace/), 'pay');
    await user.click(await screen.findByRole('option', { name: 'payments' }));
    await waitFor(() => expect(backend.paths()).toContain(ACCOUNTS));

    await user.click(picker(/Service account/));
    await user.click(await screen.findByRole('option', { name: /^api/ }));
    await submit();
    expect(created).toEqual([
      {
        clusterName: 'payments-prod',
        namespace: 'payments',
        serviceAccount: 'api',
      },
    ]);
  });

  it('keep what a link filled in, and say what is new', async () => {
    showForm({
      backend: new FakeBackend(answers),
      properties,
      values: {
        clusterName: 'payments-prod',
        namespace: 'payments',
        serviceAccount: 'fraud-scorer',
      },
    });
    await waitFor(() =>
      expect(picker(/Cluster/)).toHaveValue('Payments (production)'),
    );
    expect(picker(/Namespace/)).toHaveValue('payments');
    expect(picker(/Service account/)).toHaveValue('fraud-scorer');
    const note = await screen.findByText(
      'There is no service account “fraud-scorer” in payments that you may use. You can use a new one.',
    );
    expect(picker(/Service account/)).toHaveAccessibleDescription(
      note.textContent!,
    );
  });

  it('say what runs under a service account, and which one was meant', async () => {
    const { user } = showForm({
      backend: new FakeBackend(answers),
      properties,
      values: {
        clusterName: 'payments-prod',
        namespace: 'payments',
        serviceAccount: 'apy',
      },
    });
    expect(await screen.findByText(/^Did you mean “api”\?/)).toBeVisible();
    await user.click(picker(/Service account/));
    await user.clear(picker(/Service account/));
    const option = await screen.findByRole('option', { name: /^api/ });
    expect(option).toHaveTextContent(
      'used by Deployment payments-api · 2 pods · already has an identity',
    );
    expect(screen.getByRole('option', { name: /^default/ })).toHaveTextContent(
      'shared by all pods that name none',
    );
  });

  it('begin with where the workloads of the component run, once', async () => {
    const { user } = showForm({
      backend: new FakeBackend({
        ...answers,
        [PROPOSALS]: {
          body: {
            items: [
              {
                cluster: 'payments-prod',
                namespace: 'payments',
                serviceAccount: 'api',
              },
            ],
          },
        },
      }),
      properties,
      values: { entityRef: 'component:default/payments-api' },
    });
    await waitFor(() => expect(picker(/Service account/)).toHaveValue('api'));
    expect(picker(/Cluster/)).toHaveValue('Payments (production)');
    expect(picker(/Namespace/)).toHaveValue('payments');
    await user.clear(picker(/Service account/));
    await user.type(picker(/Service account/), 'other');
    expect(picker(/Service account/)).toHaveValue('other');
  });

  it('say before anything else that the component is not theirs', async () => {
    showForm({
      backend: new FakeBackend({
        ...answers,
        [PROPOSALS]: {
          body: {
            items: [],
            refusal: 'Payments API belongs to the payments team.',
          },
        },
      }),
      properties,
      values: { entityRef: 'component:default/payments-api' },
    });
    expect(
      await screen.findByText('Payments API belongs to the payments team.'),
    ).toBeVisible();
  });

  it('show a refused cluster with the reason, and do not let it be chosen', async () => {
    const { user } = showForm({
      backend: new FakeBackend(answers),
      properties,
    });
    await user.click(await findPicker(/Cluster/));
    const option = await screen.findByRole('option', { name: /Orders/ });
    expect(option).toHaveAttribute('aria-disabled', 'true');
    expect(option).toHaveTextContent(
      'You are not allowed to set up an AWS identity here',
    );
    await user.type(picker(/Cluster/), 'orders{Enter}');
    await user.tab();
    expect(picker(/Cluster/)).toHaveValue('');
  });

  it('offer a refused cluster if read access is enough', async () => {
    const { user } = showForm({
      backend: new FakeBackend(answers),
      properties: {
        clusterName: { ...properties.clusterName, 'ui:options': {} },
      },
    });
    await user.click(await findPicker(/Cluster/));
    await user.click(await screen.findByRole('option', { name: /Orders/ }));
    expect(picker(/Cluster/)).toHaveValue('Orders (legacy)');
  });

  it('choose the only cluster by themselves', async () => {
    showForm({
      backend: new FakeBackend({
        ...answers,
        'GET /v1/clusters': list(prod, legacy),
      }),
      properties,
      required: ['clusterName'],
    });
    await waitFor(() =>
      expect(picker(/Cluster/)).toHaveValue('Payments (production)'),
    );
  });

  it('say so when a link names a cluster that the portal does not show', async () => {
    showForm({
      backend: new FakeBackend(answers),
      properties: { clusterName: properties.clusterName },
      values: { clusterName: 'gone' },
    });
    expect(
      await screen.findByText('There is no cluster “gone” that you may see.'),
    ).toBeVisible();
    expect(picker(/Cluster/)).toHaveValue('gone');
  });

  it('say that a cluster is stale, and that there is none', async () => {
    const stale = cluster('payments-prod', 'Payments (production)', {
      stale: { since: '2026-11-01T00:00:00.000Z', reason: 'No credentials.' },
    });
    const { unmount } = showForm({
      backend: new FakeBackend({ 'GET /v1/clusters': list(stale) }),
      properties: { clusterName: properties.clusterName },
      values: { clusterName: 'payments-prod' },
    });
    expect(
      await screen.findByText(/Last read .*: No credentials\./),
    ).toBeVisible();
    unmount();
    showForm({
      backend: new FakeBackend({ 'GET /v1/clusters': list() }),
      properties: { clusterName: properties.clusterName },
    });
    expect(
      await screen.findByText(/There is no cluster that you may see\. Ask/),
    ).toBeVisible();
  });

  it.each<[string, any, string]>([
    [
      'a refusal',
      refusal(403, 'NotAllowedError', 'You are not allowed to see clusters.'),
      'You are not allowed to see clusters.',
    ],
    ['a missing backend', undefined, 'is not installed in this portal.'],
    [
      'a user who signed out',
      refusal(401, 'AuthenticationError', 'Missing credentials'),
      'You are signed out. Sign in again.',
    ],
    ['a backend that is down', 'down', 'The portal’s backend did not answer.'],
    [
      'a backend of another version',
      list({ id: 'payments-prod' }),
      'its version might not match this form.',
    ],
  ])('take typed text after %s, and try again', async (_, answer, sentence) => {
    const backend = new FakeBackend({ 'GET /v1/clusters': answer });
    const { user, created, submit } = showForm({
      backend,
      properties: { clusterName: properties.clusterName },
    });
    const alert = await screen.findByText(sentence, { exact: false });
    expect(alert).toHaveTextContent('Type the name instead');
    await user.type(picker(/Cluster/), 'payments-prod');
    expect(picker(/Cluster/)).toHaveValue('payments-prod');

    backend.answers = answers;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() =>
      expect(picker(/Cluster/)).toHaveValue('Payments (production)'),
    );
    expect(screen.queryByText(sentence, { exact: false })).toBeNull();
    await submit();
    expect(created).toEqual([{ clusterName: 'payments-prod' }]);
  });

  it('say why a namespace’s service accounts cannot be listed, and take a typed one', async () => {
    const { user } = showForm({
      backend: new FakeBackend({
        ...answers,
        [ACCOUNTS]: refusal(
          503,
          'ServiceUnavailableError',
          'The cluster payments-prod did not answer within 10 s.',
        ),
      }),
      properties,
      values: { clusterName: 'payments-prod', namespace: 'payments' },
    });
    await screen.findByText(/payments-prod did not answer within 10 s\./);
    await user.type(picker(/Service account/), 'api');
    expect(picker(/Service account/)).toHaveValue('api');
  });

  it('show that they load, and abort requests that are no longer needed', async () => {
    const backend = new FakeBackend({ ...answers, [NAMESPACES]: 'never' });
    const { user } = showForm({
      backend,
      properties,
      values: { clusterName: 'payments-prod' },
    });
    await waitFor(() => expect(backend.paths()).toContain(NAMESPACES));
    expect(picker(/Namespace/)).toHaveAttribute('aria-busy', 'true');
    await user.click(picker(/Namespace/));
    expect(await screen.findByText('Loading…')).toBeVisible();

    const { signal } = backend.seen.find(({ path }) =>
      /namespaces$/.test(path),
    )!;
    expect(signal!.aborted).toBe(false);
    await user.click(picker(/Cluster/));
    await user.click(await screen.findByText('Platform (Auto Mode)'));
    await waitFor(() => expect(signal!.aborted).toBe(true));
  });

  it('refuse a malformed name in words before the form continues', async () => {
    const { user, created } = showForm({
      backend: new FakeBackend(answers),
      properties,
      required: ['namespace'],
      values: { clusterName: 'payments-prod', serviceAccount: 'Not_this' },
    });
    await user.type(await findPicker(/Namespace/), 'Payments_1');
    await user.click(screen.getByRole('button', { name: 'Review' }));
    expect(
      (
        await screen.findAllByText(
          /A namespace must have a valid Kubernetes name/,
        )
      ).length,
    ).toBeGreaterThan(0);
    expect(
      screen.getAllByText(/A service account must have a valid Kubernetes name/)
        .length,
    ).toBeGreaterThan(0);
    expect(picker(/Namespace/)).toBeInvalid();
    expect(created).toEqual([]);
  });

  it('refuse a malformed name in the words of the app', async () => {
    const { user, created } = showForm({
      backend: new FakeBackend(answers),
      properties: {
        ...properties,
        policies: { type: 'array', 'ui:field': 'IamPolicyPicker' },
      },
      values: {
        clusterName: 'payments-prod',
        namespace: 'Payments_1',
        serviceAccount: 'Not_this',
        policies: ['not an ARN'],
      },
      words: {
        'namespace.malformed': 'So heißt kein Namespace.',
        'serviceAccount.malformed': 'So heißt kein Konto.',
        'policy.malformed': 'Das ist keine Richtlinie.',
      },
    });
    await findPicker(/Namespace/);
    await user.click(screen.getByRole('button', { name: 'Review' }));
    for (const sentence of [
      /So heißt kein Namespace\./,
      /So heißt kein Konto\./,
      /Das ist keine Richtlinie\./,
    ]) {
      expect((await screen.findAllByText(sentence)).length).toBeGreaterThan(0);
    }
    expect(created).toEqual([]);
  });

  it('follow other properties, fixed values, ui:title, ui:description and ui:disabled', async () => {
    const backend = new FakeBackend({
      'GET /v1/clusters/payments-prod/namespaces': list('payments'),
      [ACCOUNTS]: list(accountNamed('api')),
    });
    showForm({
      backend,
      properties: {
        where: {
          type: 'string',
          'ui:field': 'EksNamespacePicker',
          'ui:title': 'Room',
          'ui:description': 'Which one?',
          'ui:options': { cluster: 'payments-prod' },
          'ui:disabled': true,
        },
        account: {
          type: 'string',
          'ui:field': 'EksServiceAccountPicker',
          'ui:options': { clusterFrom: 'k8s', namespaceFrom: 'where' },
        },
      },
      values: { where: 'payments', k8s: 'payments-prod' },
    });
    await waitFor(() =>
      expect(backend.paths().sort()).toEqual([NAMESPACES, ACCOUNTS].sort()),
    );
    expect(picker('Room')).toBeDisabled();
    expect(screen.getByText('Which one?')).toBeVisible();
    expect(picker('Service account')).toBeEnabled();
  });

  const showRoles = (body: { items: object[]; complete: boolean }) =>
    showForm({
      backend: new FakeBackend({
        'GET /v1/clusters/payments-prod/namespaces/payments/role-choices?serviceAccount=api&entityRef=component%3Adefault%2Fpayments-api':
          { body },
      }),
      properties: {
        roleArn: { title: 'Role', type: 'string', 'ui:field': 'IamRolePicker' },
      },
      values: {
        clusterName: 'payments-prod',
        namespace: 'payments',
        serviceAccount: 'api',
        entityRef: 'component:default/payments-api',
      },
    });

  it('offer existing roles by name, and why one cannot be chosen', async () => {
    const arn = (name: string) => `arn:aws:iam::111122223333:role/team/${name}`;
    const role = { by: 'tag', trusts: true };
    const { user, created, submit } = showRoles({
      items: [
        { ...role, arn: arn('reader'), name: 'reader' },
        { ...role, arn: arn('open'), name: 'open', by: 'guardrail' },
        { ...role, arn: arn('shut'), name: 'shut', trusts: false },
      ],
      complete: true,
    });
    await user.click(await findPicker(/Role/));
    const options = await screen.findAllByRole('option');
    expect(options.map(({ textContent }) => textContent)).toEqual([
      expect.stringMatching(/^reader.*tagged for this component/),
      expect.stringMatching(/^open.*opened by the platform team/),
      expect.stringMatching(/^shut.*does not let this service account in/),
    ]);
    expect(options[2]).toHaveAttribute('aria-disabled', 'true');
    await user.click(options[0]);
    await submit();
    expect(created[0]).toMatchObject({ roleArn: arn('reader') });
  });

  it.each([
    [true, /^No existing role may be used for this component/],
    [false, /^Not all roles are listed here/],
  ])('say why they list no role, complete: %s', async (complete, text) => {
    showRoles({ items: [], complete });
    expect(await screen.findByText(text)).toBeVisible();
  });

  it('have the style of Backstage UI if the form has', async () => {
    const { user, created, submit } = showForm({
      backend: new FakeBackend(answers),
      properties,
      values: { clusterName: 'payments-prod' },
      theme: 'bui',
    });
    const account = await findPicker(/Service account/);
    await waitFor(() =>
      expect(picker(/Cluster/)).toHaveValue('Payments (production)'),
    );
    await user.click(picker(/Namespace/));
    await user.click(
      await within(await screen.findByRole('listbox')).findByText('payments'),
    );
    await user.type(account, 'brand-new');
    await user.tab();
    await submit();
    expect(created).toEqual([
      {
        clusterName: 'payments-prod',
        namespace: 'payments',
        serviceAccount: 'brand-new',
      },
    ]);
  });
});
