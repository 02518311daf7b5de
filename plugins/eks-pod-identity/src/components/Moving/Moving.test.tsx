import { ApiProvider } from '@backstage/core-app-api';
import { type ApiHolder, useApiHolder } from '@backstage/frontend-plugin-api';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  type Identity,
  type OpenChange,
  PodIdentityClient,
} from 'backstage-plugin-eks-pod-identity-common';
import { verified } from '../../../dev/identities';
import { podIdentityApiRef } from '../../api';
import { shownStatus } from '../headline';
import { MoveActions, type MoveStands } from './MoveActions';
import { Moving } from './Moving';

const AT = new Date(Date.now() - 3_600_000).toISOString();
const TARGET = {
  clusterName: verified.ref.cluster,
  namespace: verified.ref.namespace,
  serviceAccount: verified.ref.serviceAccount,
  entityRef: 'component:default/payments-api',
};
const BOTH = { migrate: true, rollback: true };

/** A backend whose operations end with these events. */
function backend(...events: object[]) {
  const startOperation = jest.fn(async ({ kind }: { kind: string }) => ({
    id: kind,
  }));
  const client = Object.assign(Object.create(PodIdentityClient.prototype), {
    startOperation,
    followOperation: async function* follow() {
      yield* events;
    },
  });
  return { client, startOperation };
}

function WithClient(props: { client: unknown; children: React.ReactNode }) {
  const outer = useApiHolder();
  const apis: ApiHolder = {
    get: ref =>
      ref.id === podIdentityApiRef.id ? (props.client as any) : outer.get(ref),
  };
  return <ApiProvider apis={apis}>{props.children}</ApiProvider>;
}

const onEnded = jest.fn();
const actions = (client: unknown, stands: MoveStands, can: object = BOTH) =>
  renderInTestApp(
    <WithClient client={client}>
      <MoveActions
        of={verified.ref}
        entityRef={TARGET.entityRef}
        can={can}
        stands={stands}
        onEnded={onEnded}
      />
    </WithClient>,
  );
const moving = (change: OpenChange, more: Partial<Identity> = {}) =>
  renderInTestApp(
    <WithClient client={backend().client}>
      <Moving
        identity={{
          ...verified,
          can: { ...verified.can, ...BOTH },
          ...more,
          change,
        }}
        entityRef={TARGET.entityRef}
        onChanged={onEnded}
      />
    </WithClient>,
  );
const names = () =>
  screen.queryAllByRole('button').map(({ textContent }) => textContent);

/** Presses a button, reads its dialog and confirms it. */
async function confirm(name: string): Promise<string | null> {
  const user = userEvent.setup();
  await user.click(screen.getByRole('button', { name }));
  const dialog = await screen.findByRole('dialog');
  const { textContent } = dialog;
  await user.click(within(dialog).getByRole('button', { name }));
  return textContent;
}

const STEP = {
  type: 'step',
  data: { id: 'gate', status: 'done', message: 'New pods receive it.' },
};
const result = (more: object) => ({
  type: 'result',
  data: { kind: 'migrate', warnings: [], toConfirm: [], ...more },
});

describe('what the portal does of a move', () => {
  beforeEach(() => onEnded.mockClear());

  it.each<[string, MoveStands, object, string[]]>([
    [
      'before it',
      { hasBegun: false, isLeft: true },
      BOTH,
      ['Rehearse it', 'Move it'],
    ],
    [
      'where a rehearsal has left a statement',
      { hasBegun: false, isLeft: true, ownStatement: 'added' },
      BOTH,
      ['Rehearse it', 'Move it', 'Roll back'],
    ],
    [
      'in the middle',
      { hasBegun: true, isLeft: true },
      BOTH,
      ['Go on', 'Roll back'],
    ],
    ['at its end', { hasBegun: true, isLeft: false }, BOTH, ['Roll back']],
    [
      'where IRSA can go',
      { hasBegun: true, isLeft: false, irsa: 'to-take-out' },
      BOTH,
      ['Finish the move', 'Roll back'],
    ],
    [
      'where the portal has taken IRSA out',
      { hasBegun: true, isLeft: false, irsa: 'taken-out', noWayBack: [] },
      BOTH,
      ['Roll back'],
    ],
    [
      'where there is no way back',
      { hasBegun: true, isLeft: true, noWayBack: ['A Job runs.'] },
      BOTH,
      ['Go on'],
    ],
    [
      'for who may only take it back',
      { hasBegun: true, isLeft: true },
      { migrate: false, rollback: true },
      ['Roll back'],
    ],
    ['for who may nothing', { hasBegun: true, isLeft: true }, {}, []],
  ])('offers what may be done %s', async (_, stands, can, shown) => {
    await actions(backend().client, stands, can);
    expect(names()).toEqual(shown);
  });

  it.each([
    ['Rehearse it', 'to-add', 'migrate', /adds its statement to the trust/],
    ['Roll back', 'added', 'rollback', /takes the statement that it added out/],
  ] as const)(
    'says before "%s" what it writes into the trust policy',
    async (name, ownStatement, kind, says) => {
      const { client, startOperation } = backend();
      await actions(client, { hasBegun: false, isLeft: true, ownStatement });
      expect(await confirm(name)).toMatch(says);
      expect(startOperation.mock.calls).toEqual([
        [{ kind, input: TARGET }, expect.anything()],
      ]);
    },
  );

  it('says before it finishes what goes from which role, and what that was', async () => {
    const { client, startOperation } = backend(result({ state: 'finished' }));
    await actions(client, {
      hasBegun: true,
      isLeft: false,
      irsa: 'to-take-out',
      roleName: 'payments-api',
    });
    expect(await confirm('Finish the move')).toMatch(
      /out of IRSA in the trust policy of role payments-api\..*IRSA ends for this service account/,
    );
    expect(
      await screen.findByText(/^Finished: the role lets the service account/),
    ).toBeInTheDocument();
    expect(startOperation.mock.calls.map(([one]) => one)).toEqual([
      { kind: 'migrate', input: { ...TARGET, until: 'finished' } },
    ]);
  });

  it('says before it goes back that it puts IRSA back first', async () => {
    const { client } = backend();
    await actions(client, {
      hasBegun: true,
      isLeft: false,
      irsa: 'taken-out',
      noWayBack: [],
    });
    expect(await confirm('Roll back')).toMatch(
      /First the portal puts what it took out of IRSA back/,
    );
  });

  it('rehearses at once, and says what that was', async () => {
    const { client, startOperation } = backend(
      STEP,
      result({ state: 'rehearsed' }),
    );
    await actions(client, { hasBegun: false, isLeft: true });
    await userEvent.click(screen.getByRole('button', { name: 'Rehearse it' }));
    expect(
      await screen.findByText(/Nothing of the workload was touched/),
    ).toBeInTheDocument();
    expect(screen.getByText('New pods receive it.')).toBeInTheDocument();
    expect(startOperation.mock.calls).toEqual([
      [{ kind: 'migrate', input: TARGET }, expect.anything()],
    ]);
    expect(onEnded).toHaveBeenCalledTimes(1);
  });

  it('moves once a person has read what that means', async () => {
    const { client, startOperation } = backend(result({ state: 'moved' }));
    await actions(client, { hasBegun: false, isLeft: true });
    expect(await confirm('Move it')).toMatch(
      /every pod that starts takes Pod Identity.*takes the move back to IRSA/,
    );
    await waitFor(() =>
      expect(startOperation.mock.calls.map(([one]) => one)).toEqual([
        { kind: 'migrate', input: { ...TARGET, until: 'moved' } },
      ]),
    );
  });

  it.each([
    ['Move it', { hasBegun: false, noWayBack: ['None.'] }, 'Rehearse it'],
    ['Go on', { hasBegun: true, noWayBackOnceMoved: ['None.'] }, 'Roll back'],
  ])(
    'says what has no way back, and accepts it with "%s"',
    async (label, stands, beside) => {
      const { client, startOperation } = backend(result({ state: 'moved' }));
      await actions(client, {
        isLeft: true,
        ownStatement: 'to-add',
        ...stands,
      });
      expect(screen.getByRole('button', { name: beside })).toBeVisible();
      const text = await confirm(label);
      expect(text).toContain('None.');
      expect(text).not.toContain('takes the move back');
      await waitFor(() =>
        expect(startOperation.mock.calls[0][0]).toEqual({
          kind: 'migrate',
          input: { ...TARGET, until: 'moved', acceptNoWayBack: true },
        }),
      );
    },
  );

  it('has what the portal could not see confirmed, by name', async () => {
    const toConfirm = ['Deployment api'];
    const { client, startOperation } = backend(
      result({ state: 'moving', toConfirm }),
    );
    await actions(client, { hasBegun: true, isLeft: true });
    await confirm('Go on');
    await screen.findByText(/^The move waits/);
    expect(await confirm('It works, go on')).toContain('Deployment api');
    await waitFor(() =>
      expect(startOperation.mock.calls.map(([one]) => one)).toEqual([
        { kind: 'migrate', input: { ...TARGET, until: 'moved' } },
        {
          kind: 'migrate',
          input: { ...TARGET, until: 'moved', confirmed: toConfirm },
        },
      ]),
    );
  });

  it('says why it failed', async () => {
    const error = { message: 'The move was taken back.' };
    const { client } = backend({
      type: 'state',
      data: { state: 'failed', error },
    });
    await actions(client, { hasBegun: true, isLeft: false });
    await confirm('Roll back');
    expect(await screen.findByRole('alert')).toHaveTextContent(error.message);
    expect(screen.queryByText(/^Back:/)).not.toBeInTheDocument();
  });
});

describe('a move that is open', () => {
  it.each<[OpenChange['state'], RegExp, string[]]>([
    ['running', /The portal is working on it\. It began 1 hour ago\.$/, []],
    [
      'waiting',
      /confirm that these work: Deployment api\./,
      ['It works, go on', 'Roll back'],
    ],
    ['failed', /did not go on 1 hour ago/, ['It works, go on', 'Roll back']],
  ])('stands beside the status while it is %s', async (state, says, shown) => {
    const change: OpenChange = {
      kind: 'migrate',
      state,
      at: AT,
      toConfirm: ['Deployment api'],
    };
    await moving(change);
    expect(screen.getByTestId('moving')).toHaveTextContent(says);
    expect(names()).toEqual(shown);
    expect(shownStatus({ ...verified, change })).toBe('verified');
  });

  it('offers a way back that was cut off again, though the association is gone', async () => {
    const change = { kind: 'rollback', state: 'failed', at: AT } as const;
    await moving(change, { association: undefined });
    expect(names()).toEqual(['Go on', 'Roll back']);
  });

  it('is no other change', async () => {
    await moving({ kind: 'teardown', state: 'failed', at: AT });
    expect(screen.queryByTestId('moving')).not.toBeInTheDocument();
  });
});
