import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { known, unreadable } from '../../async/readable';
import type { Addon } from '../../aws/addon';
import { clusterTags } from '../../identity/ownership';
import { outline, planScope } from '../__testUtils__/planScope';
import { PlanBuilder } from '../steps/PlanBuilder';
import { type Scope, subjectOf } from '../steps/scope';
import { allReady, type LiveAgent, needsAgent } from './liveAgent';
import { planAgent } from './planAgent';
import { planAgentRemoval } from './planRemoval';

const addonOf = (more: Partial<Addon> = {}): Addon => ({
  status: 'ACTIVE',
  version: 'v1.3',
  issues: [],
  tags: {},
  ...more,
});
const ours = (scope: Scope, taskId?: string) =>
  clusterTags(subjectOf(scope), { tags: {}, taskId });
const node = (labels: Record<string, string> = {}, operatingSystem?: string) =>
  ({
    metadata: { labels },
    status: { nodeInfo: { operatingSystem } },
  } as any);
const COMPUTE = 'eks.amazonaws.com/compute-type';
const auto = node({ [COMPUTE]: 'auto' });
const set = (numberReady?: number, desiredNumberScheduled?: number) =>
  ({
    metadata: { name: 'agent', namespace: 'kube-system' },
    status: { numberReady, desiredNumberScheduled },
  } as any);

describe('a node', () => {
  it.each<[string, any, boolean]>([
    [
      'needs the agent under Linux',
      node({ 'kubernetes.io/os': 'linux' }),
      true,
    ],
    ['needs it where nothing tells its system', node(), true],
    ['needs it where it has neither labels nor a status', {}, true],
    [
      'does not under Windows, by its label',
      node({ 'kubernetes.io/os': 'windows' }, 'linux'),
      false,
    ],
    ['does not under Windows, by its kubelet', node({}, 'windows'), false],
    ['has it built in under Auto Mode', auto, false],
    ['cannot run it on Fargate', node({ [COMPUTE]: 'fargate' }), false],
    [
      'has another one where it is hybrid',
      node({ [COMPUTE]: 'hybrid' }),
      false,
    ],
    ['needs it on EC2', node({ [COMPUTE]: 'ec2' }), true],
  ])('%s', (_, one, needed) => expect(needsAgent(one)).toBe(needed));

  it.each<[any[], boolean]>([
    [[], false],
    [[set(2, 2)], true],
    [[set(3, 2)], true],
    [[set(1, 2)], false],
    [[set(2, 2), set(0, 1)], false],
    [[set()], true],
    [[{}], true],
    [[set(undefined, 1)], false],
    [[{ metadata: { generation: 1 } }], false],
  ])('has its agent where all of %j are ready: %s', (sets, ready) =>
    expect(allReady(sets)).toBe(ready),
  );
});

/** A whole text, or what one is like. */
const like = (text: string | RegExp) =>
  typeof text === 'string' ? text : expect.stringMatching(text);

/** A cluster where the portal may install the agent. */
const allowing = () => planScope({ allow: { installAgent: true } });

describe('the agent in the plan of an associate', () => {
  const plan = (
    live: Partial<LiveAgent>,
    { scope = allowing(), input = {} }: { scope?: Scope; input?: object } = {},
  ) => {
    const builder = new PlanBuilder('associate', scope);
    planAgent(builder, { autoMode: false, ...live }, scope, {
      ref: scope.ref,
      input,
    } as any);
    const [{ plan: step }] = builder.steps;
    return [...outline(builder), step.reason, ...builder.warnings];
  };
  const keeps = 'agent: keep (external)';
  const missing = 'the add-on is not installed';

  it.each<[string, Partial<LiveAgent>, (string | RegExp)[]]>([
    [
      'keeps an add-on that works',
      { addon: addonOf() },
      [keeps, 'the add-on v1.3 is installed; the portal never upgrades it'],
    ],
    [
      'keeps one without a version',
      { addon: addonOf({ version: undefined }) },
      [keeps, 'the add-on is installed; the portal never upgrades it'],
    ],
    [
      'waits for one that is being created',
      { addon: addonOf({ status: 'CREATING' }) },
      [`${keeps}!`, /is CREATING; this step waits/],
    ],
    [
      'waits for one that is being updated',
      { addon: addonOf({ status: 'UPDATING' }) },
      [`${keeps}!`, /is UPDATING; this step waits/],
    ],
    [
      'leaves one alone that is broken, and says so',
      {
        addon: addonOf({
          status: 'DEGRADED',
          issues: [
            { code: 'X', message: 'y' },
            { code: 'Z', message: 'w' },
          ],
        }),
      },
      [
        keeps,
        /installed and DEGRADED; the portal never changes it/,
        "The agent add-on is DEGRADED (X: y; Z: w). The cluster's owner should check it.",
      ],
    ],
    [
      'says of a broken one that its pods are ready',
      {
        addon: addonOf({ status: 'DEGRADED' }),
        daemonSets: known([set(1, 1)]),
      },
      [
        keeps,
        /DEGRADED/,
        "The agent add-on is DEGRADED, although all its pods are ready. The cluster's owner should check it.",
      ],
    ],
    [
      'does not say so where they are not',
      {
        addon: addonOf({ status: 'DEGRADED' }),
        daemonSets: known([set(0, 1)]),
      },
      [
        keeps,
        /DEGRADED/,
        "The agent add-on is DEGRADED. The cluster's owner should check it.",
      ],
    ],
    [
      'does not say so where they were not read',
      { addon: addonOf({ status: 'DEGRADED' }), daemonSets: unreadable('no') },
      [keeps, /DEGRADED/, /^The agent add-on is DEGRADED\. /],
    ],
    [
      'keeps what the cluster installs itself',
      { daemonSets: known([set(1, 1)]) },
      [keeps, 'self-managed: DaemonSet kube-system/agent'],
    ],
    [
      'warns of such a one that is not ready',
      { daemonSets: known([set(0, 1)]) },
      [
        keeps,
        /^self-managed/,
        /^The self-managed agent kube-system\/agent is not ready on every node/,
      ],
    ],
    [
      'installs it where there are nodes for it',
      { daemonSets: known([]), nodes: known([node()]) },
      ['agent: create (portal)!', missing],
    ],
    [
      'installs it where there are no nodes yet',
      { nodes: known([]) },
      ['agent: create (portal)!', `${missing} (there are no nodes yet)`],
    ],
    [
      'installs it where no nodes were read',
      { daemonSets: unreadable('no'), nodes: unreadable('no') },
      ['agent: create (portal)!', missing],
    ],
    [
      'installs it where nothing was read',
      {},
      ['agent: create (portal)!', missing],
    ],
    [
      'does without under Auto Mode',
      { autoMode: true, nodes: known([auto]) },
      [keeps, 'EKS Auto Mode has the agent built in'],
    ],
    [
      'does without under Auto Mode that has no nodes yet',
      { autoMode: true, nodes: known([]) },
      [keeps, 'EKS Auto Mode has the agent built in'],
    ],
    [
      'installs it for the nodes outside of Auto Mode',
      { autoMode: true, nodes: known([auto, node(), node()]) },
      [
        'agent: create (portal)!',
        `${missing}, and 2 of 3 nodes are outside Auto Mode`,
      ],
    ],
    [
      'warns under Auto Mode where the nodes could not be read',
      { autoMode: true, nodes: unreadable('it lacks the right to list nodes') },
      [
        keeps,
        /built in/,
        /^The portal cannot tell whether nodes outside Auto Mode need the agent add-on: it lacks the right to list nodes\.$/,
      ],
    ],
    [
      'warns under Auto Mode where the nodes were not asked for',
      { autoMode: true },
      [keeps, /built in/, /add-on: the nodes were not read\.$/],
    ],
    [
      'warns where no node can run it',
      { nodes: known([node({}, 'windows')]) },
      [
        keeps,
        /^no node of this cluster can run/,
        /^Every node of this cluster is of a kind/,
      ],
    ],
  ])('%s', (_, live, expected) => {
    expect(plan(live)).toEqual(expected.map(like));
  });

  it('is the portal’s where the portal installed it', () => {
    const scope = planScope();
    expect(plan({ addon: addonOf({ tags: ours(scope) }) }, { scope })[0]).toBe(
      'agent: keep (portal)',
    );
  });

  it.each<
    [string, object, object, Set<string> | undefined, string | undefined]
  >([
    [
      'the request does not want it',
      {},
      { installAgent: false },
      undefined,
      'installAgent is false',
    ],
    [
      'the cluster does not allow it',
      { allow: { installAgent: false } },
      {},
      undefined,
      'cluster payments is configured without allow.installAgent',
    ],
    [
      'the user is not allowed to',
      {},
      {},
      new Set(),
      'you lack the permission',
    ],
    ['nothing is against it', {}, { installAgent: true }, undefined, undefined],
  ])('is installed or not: %s', (_, overrides, input, granted, why) => {
    const scope = planScope(
      { allow: { installAgent: true }, ...overrides },
      granted && { granted },
    );
    const [step, reason, warning] = plan(
      { nodes: known([node()]) },
      { scope, input },
    );
    expect(step).toBe(why ? keeps : 'agent: create (portal)!');
    expect(reason).toMatch(why ? `${missing}; not installed: ${why}` : missing);
    expect(warning ?? '').toMatch(
      why ? `it is not installed because ${why}` : /^$/,
    );
  });
});

describe('the agent in the plan of a teardown', () => {
  const scope = planScope();
  const remove = (
    addon: Addon | undefined,
    others = 0,
    associationStays = false,
    createdByTask?: string,
  ) => {
    const builder = new PlanBuilder('teardown', scope);
    builder.add({
      id: 'association',
      resource: { kind: 'association', name: 'a' },
      change: 'delete',
      reason: 'r',
    });
    planAgentRemoval(
      builder,
      scope,
      { addon, others },
      { associationStays, createdByTask },
    );
    return [
      ...outline(builder).slice(1),
      ...builder.steps.slice(1).map(({ plan: { reason } }) => reason),
    ];
  };
  const mine = addonOf({ tags: ours(scope, 't1') });

  it.each<[string, () => string[], string[]]>([
    ['is nothing where there is none', () => remove(undefined), []],
    [
      'goes after the last association',
      () => remove(mine),
      [
        'agent: delete (portal)! after association',
        'removeAgent is set, this portal installed it, and no association is left',
      ],
    ],
    [
      'stays for the association that stays',
      () => remove(mine, 0, true),
      ['agent: keep (portal)', 'an association of the cluster still needs it'],
    ],
    [
      'stays for one other',
      () => remove(mine, 1),
      ['agent: keep (portal)', 'an association of the cluster still needs it'],
    ],
    [
      'stays for all others',
      () => remove(mine, 2, true),
      ['agent: keep (portal)', '3 associations of the cluster still need it'],
    ],
    [
      'stays where another task made it',
      () => remove(mine, 0, false, 't2'),
      ['agent: keep (portal)', 'it was made by task t1, not by t2'],
    ],
    [
      'goes with the task that made it',
      () => remove(mine, 0, false, 't1').slice(0, 1),
      ['agent: delete (portal)! after association'],
    ],
    [
      'stays where the portal did not install it',
      () => remove(addonOf(), 1),
      ['agent: keep (external)', 'this portal did not install it'],
    ],
    [
      'stays where it is of another portal',
      () =>
        remove(
          addonOf({ tags: { ...ours(scope), [MARK_TAGS.portal]: 'spare' } }),
        ),
      ['agent: keep (external)', 'this portal did not install it'],
    ],
  ])('%s', (_, found, expected) => expect(found()).toEqual(expected));
});
