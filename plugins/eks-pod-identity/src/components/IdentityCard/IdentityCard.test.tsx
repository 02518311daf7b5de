import { ApiProvider } from '@backstage/core-app-api';
import {
  toastApiRef,
  useApiHolder,
  type ApiHolder,
} from '@backstage/frontend-plugin-api';
import { useAppLocation } from '@backstage/frontend-plugin-api';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import {
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  PodIdentityClient,
  type EntityIdentities,
} from 'backstage-plugin-eks-pod-identity-common';
import { fixtures, type Fixture } from '../../../dev/fixtures';
import { fixtureClient } from '../../../dev/FixtureClient';
import { doubleClick } from '../../__testUtils__/doubleClick';
import { podIdentityApiRef } from '../../api';
import { templateRouteRef } from '../../routes';
import { headlineTime } from '../when';
import { useIconLinkProps } from '../IconLink';
import { IdentityCard } from './IdentityCard';

const entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', namespace: 'default' },
  spec: { type: 'service' },
};

/** As the About card shows it. */
function AboutLink() {
  const { href, label, title } = useIconLinkProps();
  return (
    <a href={href} title={title}>
      {label}
    </a>
  );
}

function WithClient({ client }: { client: PodIdentityClient }) {
  const outer = useApiHolder();
  const apis: ApiHolder = {
    get: ref =>
      ref.id === podIdentityApiRef.id ? (client as any) : outer.get(ref),
  };
  return (
    <ApiProvider apis={apis}>
      <EntityProvider entity={entity}>
        <AboutLink />
        <IdentityCard entity={entity} />
      </EntityProvider>
    </ApiProvider>
  );
}

function Search() {
  return <output data-testid="search">{useAppLocation().search}</output>;
}

const show = (client: PodIdentityClient, at = '/') =>
  renderInTestApp(
    <>
      <Search />
      <WithClient client={client} />
    </>,
    {
      initialRouteEntries: [at],
      mountedRoutes: {
        '/catalog/:namespace/:kind/:name': entityRouteRef,
        '/create/templates/:namespace/:templateName': templateRouteRef as any,
      },
    },
  );

const fixture = (id: string): Fixture => fixtures.find(each => each.id === id)!;

describe('IdentityCard', () => {
  it.each<[string, string]>([
    ['none', 'This component has no AWS identity.'],
    ['malformed', 'cannot be read'],
    ['unknown-cluster', 'The portal does not know a cluster “payments-old”'],
    ['unseen', 'The portal has not looked at this identity yet.'],
    ['looks-right', 'is as it should be, but no test pod has proven it'],
    ['verified', 'A test pod got it 3 days ago.'],
    [
      'changed',
      'The trust policy of eks-payments-api is different now. Not tested',
    ],
    ['restart-needed', '2 pods of Deployment payments-api do not have it yet'],
    ['partly-works', '1 of 5 running pods sets AWS_PROFILE'],
    ['no-pod-has-it', '5 of 5 running pods opted out'],
    ['other-identity', 'which every SDK uses before Pod Identity'],
    ['pods-not-started', 'cannot be pulled (ImagePullBackOff)'],
    ['rolling-out', '2 of 5 new pods run'],
    ['no-workload', 'No pod runs under the service account'],
    ['no-identity', 'There is no association for'],
    ['broken', 'not sts:TagSession'],
    ['could-not-check', 'The probe pod could not start'],
    ['could-not-check', 'It worked 3 days ago.'],
    ['verifying', 'Testing…'],
    ['setting-up', 'AWS does not let the role in yet.'],
    ['setup-running', 'A run is setting it up.'],
    ['removal-running', 'A run is removing it.'],
    ['broken-off', 'The setup was cancelled 2 minutes ago.'],
    ['stale', 'did not answer'],
    ['several', '25 more'],
    ['forbidden', 'You are not allowed to see this AWS identity.'],
    ['signed-out', 'You are signed out.'],
    ['missing-backend', 'The AWS identity backend is not installed.'],
    ['unknown-entity', 'no longer in the catalog'],
    ['error', 'The database does not answer.'],
  ])('says its one sentence in state %s', async (id, sentence) => {
    show(fixtureClient(fixture(id)));
    expect(
      (await screen.findAllByText(sentence, { exact: false })).length,
    ).toBeGreaterThan(0);
    expect(
      screen.queryByLabelText('Loading the AWS identity'),
    ).not.toBeInTheDocument();
  });

  it('says where only an annotation claims the identity', async () => {
    const claim = 'Linked by the catalog file only.';
    const tagged = show(fixtureClient(fixture('verified')));
    await screen.findByText(/^A test pod got it/);
    expect(screen.queryByText(claim, { exact: false })).toBeNull();
    tagged.unmount();
    const { answer } = fixture('verified') as { answer: EntityIdentities };
    show(
      fixtureClient({
        ...fixture('verified'),
        answer: {
          ...answer,
          identities: answer.identities.map(identity => ({
            ...identity,
            sources: ['annotation'],
          })),
        },
      }),
    );
    expect(
      await screen.findByText(claim, { exact: false }),
    ).toBeInTheDocument();
  });

  it('shows the age of the pod run for a proof, and for a failed pod run, whatever ran since', async () => {
    show(fixtureClient(fixture('verified')));
    expect(
      await screen.findByText('A test pod got it 3 days ago.'),
    ).toBeInTheDocument();

    const ago = (days: number) =>
      new Date(Date.now() - days * 86_400_000).toISOString();
    const run = (status: 'broken' | 'looks-right', days: number) => ({
      id: `run-${days}`,
      status,
      proof: 'none' as const,
      trigger: 'user' as const,
      finishedAt: ago(days),
      headline: '',
      sentence: '',
      passed: 1,
      failed: 1,
    });
    const failed = { status: 'broken', lookedAt: ago(1) } as const;
    const proof = run('broken', 9);
    expect(
      headlineTime({
        ...failed,
        lastProof: proof,
        lastLook: run('looks-right', 1),
      }),
    ).toEqual({ at: proof.finishedAt, proven: false });
    expect(
      headlineTime({ ...failed, lastProof: proof, lastLook: run('broken', 1) }),
    ).toEqual({ at: failed.lookedAt, proven: false });
    expect(headlineTime({ status: 'looks-right' })).toBeUndefined();
  });

  it('says that the application itself has proven it, and when', async () => {
    const { answer } = fixture('verified') as { answer: EntityIdentities };
    show(
      fixtureClient({
        ...fixture('verified'),
        answer: {
          ...answer,
          identities: answer.identities.map(identity => ({
            ...identity,
            proofLevel: 'application',
            use: {
              state: 'read',
              services: ['s3'],
              pod: {
                name: 'payments-api-7d9f',
                at: new Date(Date.now() - 420_000).toISOString(),
              },
            },
          })),
        },
      }),
    );
    expect(
      await screen.findByText('Your application got it 7 minutes ago.'),
    ).toBeInTheDocument();
    expect(screen.queryByText(/payments-api-7d9f/)).toBeNull();
  });

  it('takes at most 25 words where all is well, beside its title and its buttons', async () => {
    show(fixtureClient(fixture('verified')));
    const status = await screen.findByTestId('identity-status');
    const body = status.parentElement!.cloneNode(true) as HTMLElement;
    // What only a screen reader says, or what is drawn of a name that it says whole
    body
      .querySelectorAll('[aria-hidden="true"], .hidden')
      .forEach(one => one.remove());
    const text = [...body.querySelectorAll('*')]
      .flatMap(element => [...element.childNodes])
      .filter(node => node.nodeType === Node.TEXT_NODE)
      .map(node => node.textContent)
      .join(' ');
    expect(text).toContain('Verified');
    expect(text).toContain('payments/payments-api');
    expect(text.split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(25);
  });

  it('copies the reference, and confirms it', async () => {
    const user = userEvent.setup();
    const written = jest.spyOn(navigator.clipboard, 'writeText');
    const { apis } = show(fixtureClient(fixture('verified')));
    await user.click(
      await screen.findByRole('button', {
        name: 'More about this AWS identity',
      }),
    );
    await user.click(
      await screen.findByRole('menuitem', { name: 'Copy reference' }),
    );
    const reference = 'payments-prod/payments/payments-api';
    expect(written).toHaveBeenCalledWith(reference);
    await waitFor(() =>
      expect((apis.get(toastApiRef) as any).getToasts()).toEqual([
        expect.objectContaining({ title: 'Copied', description: reference }),
      ]),
    );
  });

  const restartNeeded = fixture('restart-needed') as {
    answer: EntityIdentities;
  };
  /** A backend whose restart ends with these events. */
  const restarting = (end: object[]) => {
    const startOperation = jest.fn(async ({ kind }: { kind: string }) => ({
      id: `op-${kind}`,
    }));
    const client = Object.assign(Object.create(PodIdentityClient.prototype), {
      getEntityIdentities: async () => restartNeeded.answer,
      startOperation,
      followOperation: async function* follow(id: string) {
        if (id === 'op-restart') yield* end;
      },
    });
    return { client, startOperation };
  };
  const restartNow = async () => {
    const user = userEvent.setup();
    const button = await screen.findByRole('button', { name: 'Restart now' });
    await user.click(button);
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('Restart 1 workload?');
    expect(dialog).toHaveTextContent(
      'Deployment payments-api: 2 pods started too early',
    );
    await user.click(screen.getByRole('button', { name: 'Restart' }));
  };

  it('restarts what its dialog names', async () => {
    const { client, startOperation } = restarting([]);
    show(client);
    await restartNow();
    const input = {
      clusterName: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'payments-api',
      entityRef: 'component:default/payments-api',
    };
    await waitFor(() =>
      expect(startOperation.mock.calls.map(([request]) => request)).toEqual([
        { kind: 'restart', input },
      ]),
    );
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('asks at once where the address asks for the restart, and only once', async () => {
    const { client } = restarting([]);
    show(client, '/?restart=true&other=1');
    expect(await screen.findByRole('dialog')).toHaveTextContent(
      'Restart 1 workload?',
    );
    await waitFor(() =>
      expect(screen.getByTestId('search')).toHaveTextContent(/^\?other=1$/),
    );
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });

  it.each([
    [
      'failed',
      {
        type: 'state',
        data: { state: 'failed', error: { message: 'Run rollout undo.' } },
      },
      'The restart failed: Run rollout undo.',
    ],
    [
      'left something alone',
      {
        type: 'result',
        data: { kind: 'restart', warnings: ['Its roll-outs are paused.'] },
      },
      'Its roll-outs are paused.',
    ],
  ])('says why where a restart %s', async (_, event, text) => {
    const { client, startOperation } = restarting([event]);
    show(client);
    await restartNow();
    expect(await screen.findByRole('alert')).toHaveTextContent(text);
    expect(startOperation).toHaveBeenCalledTimes(1);
  });

  it('offers a restart and a repair to those who may alone, and says whom to ask', async () => {
    const [identity] = restartNeeded.answer.identities;
    const other = show(
      fixtureClient({
        ...fixture('restart-needed'),
        answer: {
          ...restartNeeded.answer,
          identities: [
            {
              ...identity,
              can: { ...identity.can, restart: false },
              askWhom: 'the payments team',
            },
          ],
        },
      }),
    );
    expect(
      await screen.findByText(
        'This component belongs to the payments team: ask them, or the platform team, to fix it.',
      ),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Restart now' }),
    ).not.toBeInTheDocument();
    other.unmount();

    show(fixtureClient(fixture('broken')));
    const repair = await screen.findByRole('link', { name: 'Repair' });
    const [path, query] = repair.getAttribute('href')!.split('?');
    expect(path).toBe(
      '/create/templates/default/give-a-component-an-aws-identity',
    );
    expect(JSON.parse(new URLSearchParams(query).get('formData')!)).toEqual({
      entityRef: 'component:default/payments-api',
      clusterName: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'payments-api',
      roleMode: 'create',
      policies: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      keepSettings: true,
      isRepair: true,
    });
  });

  it.each<[true | undefined]>([[true], [undefined]])(
    'offers to install the agent to those who may (%s)',
    async installsAgent => {
      const { answer } = fixture('broken') as typeof restartNeeded;
      const [identity] = answer.identities;
      const path = identity.path.map(hop => ({
        ...hop,
        finding: hop.finding && {
          ...hop.finding,
          fix: {
            cause: 'No agent answers.',
            actions: ['Install it.'],
            rerun: 'with-agent' as const,
          },
        },
      }));
      const repair = { managedPolicyArns: [], installsAgent };
      show(
        fixtureClient({
          ...fixture('broken'),
          answer: { ...answer, identities: [{ ...identity, path, repair }] },
        }),
      );
      expect(await screen.findAllByText('Install it.')).not.toHaveLength(0);
      expect(
        screen
          .queryAllByRole('link')
          .filter(link => link.textContent === 'Install the agent'),
      ).toHaveLength(installsAgent ? 1 : 0);
    },
  );

  it('opens the form of a repair with the role set back, where the association has another one', async () => {
    const { answer } = fixture('broken') as typeof restartNeeded;
    const [identity, ...others] = answer.identities;
    const changed = {
      ...identity,
      repair: {
        managedPolicyArns: [],
        replaceRole: true as const,
        restarts: true as const,
      },
    };
    show(
      fixtureClient({
        ...fixture('broken'),
        answer: { ...answer, identities: [changed, ...others] },
      }),
    );
    const repair = await screen.findByRole('link', { name: 'Repair' });
    const { searchParams } = new URL(
      repair.getAttribute('href')!,
      'http://portal',
    );
    const { planPreview, restartWorkloads } = JSON.parse(
      searchParams.get('formData')!,
    );
    expect(restartWorkloads).toBe(true);
    expect(planPreview).toEqual({
      target: 'payments-prod/payments/payments-api',
      replaceRole: true,
    });
  });

  it.each([
    ['verified', 'AWS: Verified', null],
    [
      'several',
      'AWS: Broken (1 of 32)',
      'Broken on Payments (production) · Partly works: 1 · Verified: 28 · 2 hidden',
    ],
    ['none', 'AWS identity', null],
    ['loading', 'AWS identity', null],
  ])(
    'tells the link on the About card its status, in state %s',
    async (id, name, title) => {
      const client = fixtureClient(fixture(id));
      const asked = jest.spyOn(client, 'getEntityIdentities');
      show(client);
      const link = await screen.findByRole('link', { name });
      expect(link).toHaveAttribute(
        'href',
        '/catalog/default/component/payments-api/aws-identity',
      );
      expect(link.getAttribute('title')).toBe(title);
      expect(asked).toHaveBeenCalledTimes(1);
    },
  );

  it('opens the first broken hop with its fix', async () => {
    show(fixtureClient(fixture('broken')));
    expect(
      await screen.findByText(
        'Add sts:TagSession to the statement for pods.eks.amazonaws.com.',
      ),
    ).toBeInTheDocument();
    expect(screen.getByText(/"sts:TagSession"/)).toBeInTheDocument();
  });

  it('says what the sentence above says not again at its hop', async () => {
    const reason = 'No statement lets the service in';
    const failed = fixture('broken');
    if (!('answer' in failed)) throw new Error('It has no answer');
    const [identity] = failed.answer.identities;
    show(
      fixtureClient({
        ...failed,
        answer: {
          ...failed.answer,
          identities: [
            {
              ...identity,
              sentence: `The role does not let it in: ${reason}.`,
              path: identity.path.map(hop => ({
                ...hop,
                finding: hop.finding && {
                  ...hop.finding,
                  message: `The role does not let it in: ${reason}.`,
                },
              })),
            },
          ],
        },
      }),
    );
    expect(
      await screen.findByText(`The role does not let it in: ${reason}.`),
    ).toBeInTheDocument();
    expect(screen.getAllByText(reason, { exact: false })).toHaveLength(1);
    expect(screen.getByText(/"sts:TagSession"/)).toBeInTheDocument();
  });

  it('retries after an error, and shows the answer', async () => {
    let failing = true;
    const good = fixtureClient(fixture('verified'));
    const bad = fixtureClient(fixture('error'));
    show(
      Object.assign(Object.create(PodIdentityClient.prototype), {
        getEntityIdentities: (...args: [any, any]) =>
          (failing ? bad : good).getEntityIdentities(...args),
      }),
    );
    const retry = await screen.findByText('Try again');
    failing = false;
    await userEvent.click(retry);
    expect(await screen.findByText('Verified')).toBeInTheDocument();
    expect(screen.queryByText('Try again')).not.toBeInTheDocument();
  });

  it('starts a verification and says why it could not be run', async () => {
    const requests: { method?: string; url: string; body?: string }[] = [];
    const verified = fixture('verified');
    const client = new PodIdentityClient({
      discoveryApi: { getBaseUrl: async () => '' },
      fetchApi: {
        fetch: async (input, init) => {
          requests.push({
            method: init?.method,
            url: String(input),
            body: init?.body as string | undefined,
          });
          if (init?.method === 'POST') {
            return new Response(
              JSON.stringify({
                error: { name: 'NotAllowedError', message: 'Not yours' },
                request: { method: 'POST', url: '/v1/operations' },
                response: { statusCode: 403 },
              }),
              { status: 403, headers: { 'content-type': 'application/json' } },
            );
          }
          return new Response(
            JSON.stringify('answer' in verified && verified.answer),
            { headers: { 'content-type': 'application/json' } },
          );
        },
      },
    });
    show(client);
    await userEvent.click(await screen.findByText('Verify now'));
    expect(await screen.findByText(/Not yours/)).toBeInTheDocument();
    const post = requests.find(request => request.method === 'POST')!;
    expect(JSON.parse(post.body!)).toEqual({
      kind: 'verify',
      input: {
        clusterName: 'payments-prod',
        namespace: 'payments',
        serviceAccount: 'payments-api',
        entityRef: 'component:default/payments-api',
      },
    });
    // The card asked again afterwards.
    await waitFor(() =>
      expect(
        requests.filter(request => request.method === 'GET').length,
      ).toBeGreaterThan(1),
    );
  });

  it('unfolds more identities, and one of them', async () => {
    show(fixtureClient(fixture('several')));
    const lines = () =>
      screen
        .getAllByRole('button', { expanded: false })
        .map(line => line.textContent);
    await screen.findByText('25 more');
    // What is wrong is told before a line is opened
    expect(lines()[0]).toMatch(/Broken.*not sts:TagSession/);
    expect(lines()[1]).toMatch(/Partly works.*AWS_PROFILE/);
    expect(lines()[2]).toMatch(/Verified$/);
    await userEvent.click(screen.getByText('25 more'));
    expect(screen.getByText(/payments-batch-28/)).toBeInTheDocument();
    const [first] = screen.getAllByRole('button', { expanded: false });
    await userEvent.click(first);
    expect(await screen.findByText(/not sts:TagSession/)).toBeInTheDocument();
    expect(
      screen.getByText(
        'There are 2 more identities that you are not allowed to see.',
      ),
    ).toBeInTheDocument();
  });

  it('keeps the focus on its button, counts a double click as one, and announces the outcome', async () => {
    const { identities, ...entityIdentities } = (
      fixture('partly-works') as { answer: EntityIdentities }
    ).answer;
    let [identity] = identities;
    let end = () => {};
    const cancelled = jest.fn();
    show(
      Object.assign(Object.create(PodIdentityClient.prototype), {
        getEntityIdentities: async () => ({
          ...entityIdentities,
          identities: [identity],
        }),
        startOperation: async () => ({ id: 'op-1' }),
        cancelOperation: cancelled,
        followOperation: async function* follow() {
          yield {
            seq: 1,
            at: new Date().toISOString(),
            type: 'log',
            data: { level: 'info', message: '28 checks to do.', checks: 28 },
          };
          yield {
            seq: 2,
            at: new Date().toISOString(),
            type: 'log',
            data: { level: 'info', message: 'The probe runs.' },
          };
          await new Promise<void>(resolve => {
            end = resolve;
          });
        },
      }),
    );
    const button = await screen.findByRole('button', { name: 'Verify now' });
    const live = screen.getAllByRole('status').at(-1)!;
    expect(live).toHaveTextContent('');
    await doubleClick(button);
    expect(await screen.findByText('The probe runs.')).toBeInTheDocument();
    // Seen as it goes, but heard once
    expect(live).toHaveTextContent(/^The verification is running\.$/);
    expect(
      screen.getByRole('progressbar', { name: 'Testing…' }),
    ).toHaveAttribute('max', '28');
    expect(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus();
    expect(cancelled).not.toHaveBeenCalled();
    identity = {
      ...identity,
      status: 'verified',
      sentence: 'It works again.',
      lastLook: { ...identity.lastLook!, id: 'run-new' },
    };
    end();
    await waitFor(() =>
      expect(live).toHaveTextContent(/^Verified: It works again\.$/),
    );
    expect(screen.getByRole('button', { name: 'Verify now' })).toHaveFocus();
  });

  it('keeps the open line in view, wherever it sorts', async () => {
    const several = (fixture('several') as { answer: EntityIdentities }).answer;
    let identities = several.identities;
    let end = () => {};
    show(
      Object.assign(Object.create(PodIdentityClient.prototype), {
        getEntityIdentities: async () => ({ ...several, identities }),
        startOperation: async () => ({ id: 'op-1' }),
        followOperation: async function* follow() {
          await new Promise<void>(resolve => {
            end = resolve;
          });
        },
      }),
    );
    const name = /payments\/payments-api(?!-)/;
    await userEvent.click(await screen.findByRole('button', { name }));
    await userEvent.click(screen.getByRole('button', { name: 'Verify now' }));
    const [passed, ...others] = identities;
    identities = [
      ...others,
      { ...passed, status: 'verified', sentence: 'It works again.' },
    ];
    end();
    expect(await screen.findByText('24 more')).toBeInTheDocument();
    const line = screen.getByRole('button', { name });
    expect(line).toHaveAttribute('aria-expanded', 'true');
    await userEvent.click(line);
    expect(line).toHaveAttribute('aria-expanded', 'false');
    expect(line).toHaveFocus();
  });

  it('keeps its data if a refresh fails', async () => {
    const good = fixtureClient(fixture('verifying'));
    const bad = fixtureClient(fixture('error'));
    let calls = 0;
    jest.useFakeTimers({ advanceTimers: true });
    try {
      show(
        Object.assign(Object.create(PodIdentityClient.prototype), {
          getEntityIdentities: (...args: [any, any]) => {
            calls += 1;
            return (calls === 1 ? good : bad).getEntityIdentities(...args);
          },
          followOperation: async function* follow() {
            await new Promise(() => {});
          },
        }),
      );
      await screen.findByText('Testing…');
      await jest.advanceTimersByTimeAsync(4000);
      expect(
        await screen.findByText(/This may be out of date/),
      ).toBeInTheDocument();
      // Whether it still runs is unknown
      expect(screen.queryByText('Testing…')).not.toBeInTheDocument();
      expect(screen.getByText('Verified')).toBeInTheDocument();
    } finally {
      jest.useRealTimers();
    }
  });
});
