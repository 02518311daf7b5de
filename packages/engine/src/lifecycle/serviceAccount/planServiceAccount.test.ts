import {
  type AssociateInput,
  FIELD_MANAGER,
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY,
  MANAGED_BY_LABEL,
} from 'backstage-plugin-eks-pod-identity-common';
import { known, unreadable } from '../../async/readable';
import { outline, planScope } from '../__testUtils__/planScope';
import { PlanBuilder } from '../steps/PlanBuilder';
import { noAccessReason } from '../steps/reading';
import type { LiveServiceAccount } from './liveKubernetes';
import {
  planAffectedWorkloads,
  planKeptNamespace,
  planProbePodRemoval,
  planServiceAccountRemoval,
} from './planRemoval';
import { planServiceAccount } from './planServiceAccount';

const scope = planScope();
const NAMESPACE = { metadata: { name: 'shop' } };

/** A service account that carries our marks, written by these managers. */
const made = (
  managers = [FIELD_MANAGER],
  {
    portal = scope.context.config.portalId,
    taskId,
  }: { portal?: string; taskId?: string } = {},
) => ({
  metadata: {
    uid: 'u1',
    labels: { [MANAGED_BY_LABEL]: MANAGED_BY },
    annotations: {
      [KUBERNETES_MARK_ANNOTATIONS.portal]: portal,
      ...(taskId ? { [KUBERNETES_MARK_ANNOTATIONS.taskId]: taskId } : {}),
    },
    managedFields: managers.map(manager => ({ manager })),
  },
});

describe('the service account in the plan of an associate', () => {
  const plan = (
    live: Partial<LiveServiceAccount> | string,
    input: Partial<AssociateInput> = {},
  ) => {
    const builder = new PlanBuilder('associate', scope);
    const outlook = planServiceAccount(
      builder,
      typeof live === 'string'
        ? unreadable(live)
        : known(live as LiveServiceAccount),
      scope,
      { ref: scope.ref, input } as any,
    );
    return {
      outlook,
      steps: outline(builder),
      texts: [
        ...builder.steps.map(({ plan: { reason } }) => reason),
        ...builder.warnings,
      ].join(' | '),
    };
  };
  const left = ['service-account: keep (external) after association'];

  it.each<[string, Parameters<typeof plan>, string, string[], RegExp]>([
    [
      'is not known where Kubernetes is not read',
      ['no access'],
      'unknown',
      left,
      /^not read: no access; apply the manifest/,
    ],
    [
      'cannot come into a namespace that goes',
      [
        {
          namespace: { ...NAMESPACE, status: { phase: 'Terminating' } },
          serviceAccount: {},
        },
      ],
      'missing',
      ['namespace: conflict (external)'],
      /is being deleted/,
    ],
    [
      'is there, of another maker',
      [{ namespace: NAMESPACE, serviceAccount: {} }],
      'there',
      left,
      /^it exists; it is used as it is and not relabelled$/,
    ],
    [
      'is there, made by us',
      [{ namespace: NAMESPACE, serviceAccount: made() }],
      'there',
      ['service-account: keep (portal) after association'],
      /^it is ours$/,
    ],
    [
      'is warned of where it still has a role of IRSA',
      [
        {
          namespace: NAMESPACE,
          serviceAccount: {
            metadata: {
              annotations: { 'eks.amazonaws.com/role-arn': 'arn:x' },
            },
          },
        },
      ],
      'there',
      left,
      /still has the annotation eks\.amazonaws\.com\/role-arn: arn:x/,
    ],
    [
      'is created',
      [{ namespace: NAMESPACE }],
      'there',
      ['service-account: create (portal)! after association'],
      /^it does not exist yet$/,
    ],
    [
      'is created where nothing deploys',
      [{ namespace: NAMESPACE, deployers: known([]) }],
      'there',
      ['service-account: create (portal)! after association'],
      /^it does not exist yet$/,
    ],
    [
      'is left to one that deploys',
      [{ namespace: NAMESPACE, deployers: known(['Helm']) }],
      'missing',
      left,
      /missing and left to you: Helm deploys into.*\| The service account shop\/api does not exist and is not created: Helm deploys into/,
    ],
    [
      'is left to several, of which it names three',
      [{ namespace: NAMESPACE, deployers: known(['a', 'b', 'c', 'd']) }],
      'missing',
      left,
      /: a, b, c deploy into/,
    ],
    [
      'is left where it cannot tell',
      [{ namespace: NAMESPACE, deployers: unreadable('forbidden') }],
      'missing',
      left,
      /whether Helm, Argo CD or Flux deploys here is not known \(forbidden\)/,
    ],
    [
      'is created in spite of them on request',
      [
        { namespace: NAMESPACE, deployers: known(['Helm']) },
        { createServiceAccount: 'always' },
      ],
      'there',
      ['service-account: create (portal)! after association'],
      /^it does not exist yet$/,
    ],
    [
      'is left on request',
      [{ namespace: NAMESPACE }, { createServiceAccount: 'never' }],
      'missing',
      left,
      /createServiceAccount is "never"/,
    ],
    [
      'needs its namespace',
      [{}],
      'missing',
      ['namespace: conflict (external)'],
      /^there is no namespace shop in cluster payments/,
    ],
    [
      'gets its namespace on request',
      [{}, { createNamespace: true }],
      'there',
      [
        'namespace: create (portal)! after association',
        'service-account: create (portal)! after association, namespace',
      ],
      /the request has it created/,
    ],
    [
      'waits for a pipeline that brings both',
      [{}, { createServiceAccount: 'never' }],
      'missing',
      ['namespace: keep (external)'],
      /left to you, because the request has no service account created \| The namespace shop does not exist/,
    ],
  ])('%s', (_, args, outlook, steps, texts) => {
    const found = plan(...args);
    expect(found).toEqual({
      outlook,
      steps,
      texts: expect.stringMatching(texts),
    });
    // Nothing else is warned of
    expect(found.texts.includes('still has the annotation')).toBe(
      /annotation/.test(texts.source),
    );
  });
});

describe('the service account in the plan of a teardown', () => {
  type Circumstances = Parameters<typeof planServiceAccountRemoval>[3];
  const USE = known({ workloads: [], probePods: [] });
  const remove = (
    objects: any,
    circumstances: Partial<Circumstances> = {},
    use: any = USE,
  ) => {
    const builder = new PlanBuilder('teardown', scope);
    builder.add({
      id: 'association',
      resource: { kind: 'association', name: 'a' },
      change: 'delete',
      reason: 'r',
    });
    const goes = planServiceAccountRemoval(
      builder,
      scope,
      { objects, use },
      {
        createdByTask: undefined,
        associationStays: false,
        clusterGone: false,
        ...circumstances,
      },
    );
    return [
      goes,
      ...outline(builder).slice(1),
      ...builder.steps.slice(1).map(({ plan: { reason } }) => reason),
    ];
  };
  const live = (serviceAccount?: object) => known({ serviceAccount });
  const blind = unreadable('no access');
  const keptByUs = 'service-account: keep (portal)';
  const kept = 'service-account: keep (external)';

  it.each<[string, Parameters<typeof remove>, unknown[]]>([
    [
      'goes where we made it',
      [live(made())],
      [
        true,
        'service-account: delete (portal)! after association',
        'created by this portal, and nothing else has written to it',
      ],
    ],
    ['is nothing where there is none', [live()], [false]],
    ['goes with its cluster', [blind, { clusterGone: true }], [false]],
    [
      'is in doubt where it was not read',
      [blind],
      [
        false,
        'service-account: conflict (external)',
        'the portal cannot tell whether it made it: no access; to leave it and continue, have the identity removed even if workloads use it',
      ],
    ],
    [
      'is left where it was not read, by force',
      [blind, { force: true }],
      [false, kept, 'not read: no access'],
    ],
    [
      'is left where it was not read, by a rollback',
      [blind, { createdByTask: 't' }],
      [false, kept, 'not read: no access'],
    ],
    [
      'is left where its workloads were not read either',
      [blind, {}, blind],
      [false, kept, 'not read: no access'],
    ],
    [
      'stays where another has written to it',
      [live(made([FIELD_MANAGER, 'helm']))],
      [
        false,
        kept,
        'the portal made it, but helm has written to it since: it was taken over',
      ],
    ],
    [
      'stays where it cannot tell who wrote',
      [live(made([]))],
      [
        false,
        kept,
        'the portal made it, but cannot tell who has written to it since',
      ],
    ],
    [
      'stays where another portal made it',
      [live(made(undefined, { portal: 'spare' }))],
      [false, kept, 'another portal (spare) made it'],
    ],
    [
      'stays where we did not make it',
      [live({})],
      [false, kept, 'it was not created by the portal'],
    ],
    [
      'stays where another task made it',
      [live(made(undefined, { taskId: 't1' })), { createdByTask: 't2' }],
      [false, keptByUs, 'it was made by task t1, not by t2'],
    ],
    [
      'stays for an association that stays',
      [live(made()), { associationStays: true }],
      [false, keptByUs, 'the association that stays needs it'],
    ],
    [
      'goes with its own task although the association stays',
      [
        live(made(undefined, { taskId: 't1' })),
        { associationStays: true, createdByTask: 't1' },
      ],
      [
        true,
        'service-account: delete (portal)! after association',
        expect.any(String),
      ],
    ],
  ])('%s', (_, args, expected) => expect(remove(...args)).toEqual(expected));

  it('takes the probe pods of its task with it', () => {
    const pod = (name: string, taskId?: string) => ({
      metadata: {
        name,
        annotations: taskId
          ? { [KUBERNETES_MARK_ANNOTATIONS.taskId]: taskId }
          : undefined,
      },
    });
    const plan = (use: any, task?: string) => {
      const builder = new PlanBuilder('teardown', scope);
      planProbePodRemoval(builder, scope, { objects: blind, use }, task);
      return outline(builder);
    };
    const pods = known({
      workloads: [],
      probePods: [pod('p1', 't1'), pod('p2', 't2'), pod('p3')],
    });
    expect(plan(pods)).toEqual(
      ['p1', 'p2', 'p3'].map(name => `probe-pod.${name}: delete (portal)!`),
    );
    expect(plan(pods, 't1')).toEqual(['probe-pod.p1: delete (portal)!']);
    expect(plan(blind)).toEqual([]);
  });

  it('never takes the namespace with it', () => {
    const plan = (objects: any) => {
      const builder = new PlanBuilder('teardown', scope);
      planKeptNamespace(builder, scope, { objects, use: blind });
      return outline(builder);
    };
    const labelled = (by: string) =>
      known({
        namespace: { metadata: { labels: { [MANAGED_BY_LABEL]: by } } },
      });
    expect(plan(labelled(MANAGED_BY))).toEqual(['namespace: keep (portal)']);
    expect(plan(labelled('helm'))).toEqual([]);
    expect(plan(known({ namespace: NAMESPACE }))).toEqual([]);
    expect(plan(known({}))).toEqual([]);
    expect(plan(blind)).toEqual([]);
  });
});

describe('the workloads in the plan of a teardown', () => {
  const affected = (use: any, input: object = {}, at = scope) => {
    const builder = new PlanBuilder('teardown', at);
    const workloads = planAffectedWorkloads(
      builder,
      at,
      { objects: unreadable('x'), use },
      input as any,
    );
    return {
      workloads,
      steps: outline(builder),
      texts: [
        ...builder.steps.map(({ plan }) => plan.reason),
        ...builder.warnings,
      ],
    };
  };
  const web = { kind: 'Deployment', name: 'web', pods: 1 };
  const busy = known({ workloads: [web], probePods: [] });
  const blind = unreadable('it is forbidden');
  const conflict = ['workloads: conflict (external)'];

  it.each<
    [string, () => ReturnType<typeof affected>, object[], string[], RegExp[]]
  >([
    [
      'are nothing where there are none',
      () => affected(known({ workloads: [], probePods: [] })),
      [],
      [],
      [],
    ],
    [
      'are refused where they lose access',
      () => affected(busy),
      [web],
      conflict,
      [/^these would lose access to AWS: Deployment web \(1 running pod\)/],
    ],
    [
      'are only named by force',
      () => affected(busy, { force: true }),
      [web],
      [],
      [/^These lose access to AWS: Deployment web/],
    ],
    [
      'are only named by a rollback',
      () => affected(busy, { createdByTask: 't' }),
      [web],
      [],
      [/^These lose access/],
    ],
    [
      'are refused where they were not read',
      () => affected(blind),
      [],
      conflict,
      [
        /^the portal cannot tell which workloads lose access: it is forbidden; to continue/,
      ],
    ],
    [
      'are passed over by force where they were not read',
      () => affected(blind, { force: true }),
      [],
      [],
      [
        /^The portal cannot tell which workloads lose access: it is forbidden\.$/,
      ],
    ],
  ])('%s', (_, found, workloads, steps, texts) => {
    expect(found()).toEqual({
      workloads,
      steps,
      texts: texts.map(text => expect.stringMatching(text)),
    });
  });

  it('are passed over on a cluster that is configured without Kubernetes', () => {
    const none = planScope({ kubernetes: { access: 'none' } });
    expect(affected(unreadable(noAccessReason(none)), {}, none)).toMatchObject({
      steps: [],
      texts: [expect.stringMatching(/cannot tell/)],
    });
  });
});
