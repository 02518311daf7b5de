// wall time: what a wait took is counted by the clock of its test
import { clusterTags } from '../../identity/ownership';
import { KubernetesError } from '../../kubernetes/errors';
import { type Answers, awsError } from '../../aws/__testUtils__/awsClient';
import { awsScope } from '../__testUtils__/awsScope';
import { planScope } from '../__testUtils__/planScope';
import { type Scope, subjectOf } from '../steps/scope';
import { installAgent, removeAgent, waitForAgent } from './agentWrites';

const mine = clusterTags(subjectOf(planScope()), { tags: {} });
const ISSUE = { code: 'InsufficientReplicas', message: 'no node' };
const IN_BRACKETS = '\\(InsufficientReplicas: no node\\)';
const MINUTE = 60_000;
/** Half a minute before the end of the wait. */
const LAST_MOMENT =
  planScope().context.config.timings.agentInstall - MINUTE / 2;

const addon = (status: string, more: object = {}) => ({
  addon: { status, tags: mine, ...more },
});
const troubled = (status: string) =>
  addon(status, { health: { issues: [ISSUE] } });
const gone = () => {
  throw awsError('ResourceNotFoundException');
};

/** DaemonSets of the agent with so many of two pods ready. */
const daemonSets = (numberReady: number) => [
  { metadata: {}, status: { desiredNumberScheduled: 2, numberReady } },
];
const refusing = (kind: 'forbidden' | 'timeout') => () => {
  throw new KubernetesError({ kind, message: 'no' });
};

describe('the wait for the agent', () => {
  async function wait(
    describeAddon: (at: number) => unknown,
    list: (at: number) => unknown = () => daemonSets(2),
    access: 'none' | undefined = undefined,
  ) {
    const world = awsScope(
      { DescribeAddon: () => describeAddon(world.clock.now()) },
      { kubernetes: { listDaemonSets: async () => list(world.clock.now()) } },
    );
    const { cluster } = world.scope;
    const scope = access
      ? { ...world.scope, cluster: { ...cluster, kubernetes: { access } } }
      : world.scope;
    const ended = await world.end(waitForAgent(scope as Scope).run(world.step));
    return { ...world, ended, took: world.clock.now() };
  }

  it('ends with an agent that is ACTIVE and ready', async () => {
    const { ended, said, warnings } = await wait(() => addon('ACTIVE'));
    expect([ended, said, warnings]).toEqual(['The agent is ready', [], []]);
  });

  it('says each state once, and goes on until the pods are ready', async () => {
    const { ended, said, warnings } = await wait(
      at => {
        if (at < 5_000) return gone();
        return addon(at < 10_000 ? 'CREATING' : 'ACTIVE');
      },
      at => daemonSets(at < 30_000 ? 1 : 2),
    );
    expect(said).toEqual([
      'The agent add-on is not created yet',
      'The agent add-on is CREATING',
      'The agent add-on is ACTIVE, and its pods are starting',
    ]);
    expect([ended, warnings]).toEqual(['The agent is ready', []]);
  });

  it.each([
    ['none of them', () => daemonSets(0)],
    ['not all of them', () => daemonSets(1)],
    ['no DaemonSet', () => []],
  ])(
    'warns a minute after the add-on is ACTIVE, with %s ready',
    async (_, list) => {
      const { ended, warnings, sent, took } = await wait(
        () => addon('ACTIVE'),
        list,
      );
      expect(ended).toMatch(
        /^The agent add-on is ACTIVE, but not all its pods/,
      );
      expect(warnings).toEqual([ended]);
      expect(took).toBeGreaterThanOrEqual(MINUTE);
      expect(took).toBeLessThan(MINUTE + 5_000);
      expect(sent.length).toBeGreaterThan(2);
    },
  );

  it('counts that minute from the last time that it became ACTIVE', async () => {
    const { took } = await wait(
      at => addon(at > 20_000 && at < 40_000 ? 'UPDATING' : 'ACTIVE'),
      () => daemonSets(1),
    );
    expect(took).toBeGreaterThanOrEqual(40_000 + MINUTE);
  });

  it('warns of pods that are not ready at the end of the whole wait', async () => {
    const { ended, warnings, scope, took } = await wait(
      at => addon(at > LAST_MOMENT ? 'ACTIVE' : 'CREATING'),
      () => daemonSets(1),
    );
    expect(ended).toMatch(/^The agent add-on is ACTIVE, but not all its pods/);
    expect(warnings).toEqual([ended]);
    expect(took).toBe(scope.context.config.timings.agentInstall);
  });

  it('asks nothing of a cluster that it has no access to', async () => {
    const list = jest.fn();
    const { ended, took } = await wait(() => addon('ACTIVE'), list, 'none');
    expect([ended, took]).toEqual(['The agent add-on is ACTIVE', 0]);
    expect(list).not.toHaveBeenCalled();
  });

  it('does not wait for pods that the portal is not allowed to see', async () => {
    const { ended, warnings, took } = await wait(
      () => addon('ACTIVE'),
      refusing('forbidden'),
    );
    expect([ended, warnings, took]).toEqual([
      'The agent add-on is ACTIVE',
      [],
      0,
    ]);
  });

  it('waits a minute for a Kubernetes API that does not answer', async () => {
    const { ended, warnings, took } = await wait(
      () => addon('ACTIVE'),
      refusing('timeout'),
    );
    expect([ended, warnings]).toEqual(['The agent add-on is ACTIVE', []]);
    expect(took).toBeGreaterThanOrEqual(MINUTE);
  });

  it('ends with what is no answer of Kubernetes', async () => {
    const { ended } = await wait(
      () => addon('ACTIVE'),
      () => {
        throw new TypeError('x is undefined');
      },
    );
    expect(ended).toBe('TypeError: x is undefined');
  });

  it.each(['CREATE_FAILED', 'DELETE_FAILED', 'DELETING'])(
    'ends at once with an add-on that is %s',
    async status => {
      const { ended, took } = await wait(() => troubled(status));
      expect(ended).toMatch(
        new RegExp(
          `^ConflictError: .* is ${status} ${IN_BRACKETS}\\. Its owner`,
        ),
      );
      expect(took).toBe(0);
    },
  );

  it('takes a DEGRADED add-on whose pods are ready, and warns', async () => {
    const { ended, warnings } = await wait(() => troubled('DEGRADED'));
    expect(ended).toMatch(
      new RegExp(
        `is DEGRADED although all its pods are ready ${IN_BRACKETS}\\.$`,
      ),
    );
    expect(warnings).toEqual([ended]);
  });

  it.each<[string, () => unknown, (() => unknown) | undefined, string]>([
    [
      'is DEGRADED, with pods that are not ready',
      () => troubled('DEGRADED'),
      () => daemonSets(1),
      `is DEGRADED ${IN_BRACKETS} after`,
    ],
    [
      'is DEGRADED, with pods that are not seen',
      () => troubled('DEGRADED'),
      refusing('forbidden'),
      `is DEGRADED ${IN_BRACKETS} after`,
    ],
    ['is missing', gone, undefined, 'is missing after'],
    ['is CREATING', () => addon('CREATING'), undefined, 'is CREATING after'],
  ])('gives up an add-on that %s', async (_, describeAddon, list, said) => {
    const { ended, scope, took } = await wait(describeAddon, list);
    const { agentInstall } = scope.context.config.timings;
    expect(ended).toMatch(
      new RegExp(
        `^ServiceUnavailableError: .*${said} ${agentInstall / MINUTE} min`,
      ),
    );
    expect(took).toBe(agentInstall);
  });
});

it('holds the lease of the cluster to create and to delete the add-on, and not while it waits', () => {
  const { scope } = awsScope({});
  const lease = { kind: 'cluster', name: scope.cluster.arn };
  const install = installAgent(scope, {});
  const remove = removeAgent(scope);
  expect([install.first?.lane, remove.first?.lane]).toEqual([
    { name: 'agent.create', lease },
    { name: 'agent.delete', lease },
  ]);
  expect([install.lane, remove.lane]).toEqual([undefined, undefined]);
});

describe('the installation of the agent', () => {
  const create = async (answer: () => unknown) => {
    const { scope, step, sent, end, guarded } = awsScope({
      CreateAddon: answer,
    });
    const ended = await end(
      installAgent(scope, { taskId: 't1' }).first!.run(step),
    );
    return { ended, sent, guarded };
  };

  it('creates the add-on under the lease, with tags that say who did', async () => {
    const { ended, sent, guarded } = await create(() => ({}));
    expect(ended).toBeUndefined();
    expect(guarded).toEqual(['do it']);
    expect(sent[0].input).toMatchObject({
      clusterName: 'payments',
      addonName: 'eks-pod-identity-agent',
      tags: expect.objectContaining(mine),
    });
  });

  it.each([
    ['ResourceInUseException', 'Addon already exists.', undefined],
    ['ConflictException', 'Addon already exists', undefined],
    ['ResourceInUseException', 'Cluster is updating', /Cluster is updating/],
    ['InvalidParameterException', 'It already exists', /already exists/],
  ])(
    'takes one that another caller made: %s, %s',
    async (name, said, thrown) => {
      const { ended } = await create(() => {
        throw awsError(name, said);
      });
      expect(ended ?? '').toMatch(thrown ?? /^$/);
    },
  );
});

describe('the removal of the agent', () => {
  const remove = async (answers: Answers) => {
    const { scope, step, names, end } = awsScope({
      DescribeAddon: () => addon('ACTIVE'),
      ListPodIdentityAssociations: () => ({ associations: [] }),
      DeleteAddon: () => ({}),
      ...answers,
    });
    const ended = await end(removeAgent(scope).first!.run(step));
    return { ended, isDeleted: names().includes('DeleteAddon') };
  };
  const association = { associationId: 'a-1' };

  it.each<[string, Answers, boolean, RegExp]>([
    ['goes on', {}, true, /^$/],
    ['has nothing to do', { DescribeAddon: gone }, false, /^$/],
    ['was overtaken', { DeleteAddon: gone }, true, /^$/],
    [
      'stops where the tags are gone',
      { DescribeAddon: () => addon('ACTIVE', { tags: {} }) },
      false,
      /^ConflictError: .*no longer carries our ownership tags/,
    ],
    [
      'stops where an association needs it',
      { ListPodIdentityAssociations: () => ({ associations: [association] }) },
      false,
      /1 association\(s\) of the cluster need it/,
    ],
    [
      'fails as AWS says',
      {
        DeleteAddon: () => {
          throw awsError('AccessDeniedException', 'not allowed');
        },
      },
      true,
      /not allowed/,
    ],
  ])('%s', async (_, answers, deletes, said) => {
    const { ended, isDeleted } = await remove(answers);
    expect(ended ?? '').toMatch(said);
    expect(isDeleted).toBe(deletes);
  });

  it.each<[string, (at: number) => unknown, RegExp]>([
    [
      'until it is gone',
      at => (at < 20_000 ? addon('DELETING') : gone()),
      /^$/,
    ],
    [
      'no longer than until it has failed',
      () => troubled('DELETE_FAILED'),
      new RegExp(`^ConflictError: .*could not be removed ${IN_BRACKETS}\\.`),
    ],
    [
      'no longer than an installation may take',
      () => addon('DELETING'),
      /^ServiceUnavailableError: .*still being removed/,
    ],
  ])('is waited for %s', async (_, describeAddon, said) => {
    const world = awsScope({
      DescribeAddon: () => describeAddon(world.clock.now()),
    });
    const ended = await world.end(removeAgent(world.scope).run(world.step));
    expect(ended ?? '').toMatch(said);
  });
});
