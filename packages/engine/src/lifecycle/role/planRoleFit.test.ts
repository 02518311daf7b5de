import type { Desired } from '../desired';
import { trustStatement } from '../../identity/trust';
import { planScope } from '../__testUtils__/planScope';
import {
  BOUNDARY,
  holding,
  inline,
  OURS,
  read,
  roleOf,
  S3,
  scope,
  SQS,
  steps,
  wanting,
} from '../__testUtils__/roleSteps';
import { PlanBuilder } from '../steps/PlanBuilder';
import type { LiveRole } from './liveRole';
import { planRoleFit, planSharersFit } from './planRoleFit';

describe('a role that is used unchanged', () => {
  it('keeps what is not on the list for a service account that uses it, and a warning says so', () => {
    const live = {
      ...holding({ b: read('s3:PutBucketPolicy') }),
      permissionsBoundaryArn: BOUNDARY,
    };
    const builder = new PlanBuilder('associate', scope);
    planRoleFit(
      builder,
      live,
      live.inline as any,
      planScope({
        guardrails: { inlinePolicies: true, permissionsBoundaryArn: BOUNDARY },
      }),
    );
    const { steps: planned, warnings } = builder.plan();
    expect(planned).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^b of \S+ stays because this service account has the role already, and a new one would be refused: Statement\[0\]/,
      ),
    ]);
  });

  const fit = (live: LiveRole, guardrails: object = {}) =>
    steps(builder =>
      planRoleFit(
        builder,
        live,
        live.inline as any,
        planScope({ guardrails: { inlinePolicies: true, ...guardrails } }),
      ),
    ).map(([line, , , reason]) => `${line}: ${reason}`);
  const power = read('iam:PassRole');

  it.each<[string, () => string[], RegExp[]]>([
    [
      'passes',
      () =>
        fit(roleOf({ managed: [S3], permissionsBoundaryArn: BOUNDARY }), {
          managedPolicies: { allow: [S3] },
          permissionsBoundaryArn: BOUNDARY,
        }),
      [],
    ],
    [
      'lacks the boundary',
      () => fit(roleOf(), { permissionsBoundaryArn: BOUNDARY }),
      [
        /^boundary: conflict \(external\): cluster payments requires it, but \S+ has none; .*have one created under a new name, and replace this one$/,
      ],
    ],
    [
      'has another boundary',
      () =>
        fit(roleOf({ permissionsBoundaryArn: S3 }), {
          permissionsBoundaryArn: BOUNDARY,
        }),
      [/has arn:aws:iam::aws:policy\/AmazonS3ReadOnlyAccess; /],
    ],
    [
      'does not trust the service account yet',
      () =>
        fit(roleOf({ trustPolicy: { Version: '2012-10-17', Statement: [] } }), {
          permissionsBoundaryArn: BOUNDARY,
        }),
      [/: have one created$/],
    ],
    [
      'has a policy that is not allowed',
      () =>
        fit(roleOf({ managed: [S3, SQS] }), {
          managedPolicies: { allow: [S3] },
        }),
      [
        /^managed-policy\.AmazonSQSFullAccess: conflict \(external\): \S+ has it, but it is not allowed/,
      ],
    ],
    [
      'holds what is refused',
      () =>
        fit(
          {
            ...holding({ a: read(), b: power }),
            permissionsBoundaryArn: BOUNDARY,
          },
          { permissionsBoundaryArn: BOUNDARY },
        ),
      [/^inline-policy\.b: conflict \(external\): \S+ has it, but it /],
    ],
    [
      'holds what is not on the list, for a service account that does not use it yet',
      () =>
        fit(
          {
            ...holding({ a: read(), b: read('s3:PutBucketPolicy') }),
            trustPolicy: { Version: '2012-10-17', Statement: [] },
            permissionsBoundaryArn: BOUNDARY,
          },
          { permissionsBoundaryArn: BOUNDARY },
        ),
      [
        /^inline-policy\.b: conflict \(external\): \S+ has it, but it is not allowed on cluster payments: Statement\[0\]\.Action "s3:PutBucketPolicy" is not on the list/,
      ],
    ],
  ])('%s', (_, found, expected) =>
    expect(found()).toEqual(expected.map(text => expect.stringMatching(text))),
  );
});

describe('a role that other clusters share', () => {
  const other = (id: string, more: object = {}) => ({
    ...planScope({
      name: id,
      guardrails: {
        inlinePolicies: true,
        permissionsBoundaryArn: BOUNDARY,
        managedPolicies: { allow: [] },
      },
    }).cluster,
    ...more,
  });
  const dev = other('dev');
  const sharing = (
    cluster: { arn: string },
    scopeOfTrust: 'serviceAccount' | 'account' = 'serviceAccount',
  ) =>
    trustStatement(scopeOfTrust, {
      ...scope.target,
      clusterArn: cluster.arn,
      clusterName: 'dev',
      serviceAccount: 'jobs',
    } as any);
  const fit = (
    statements: object[],
    clusters: object[],
    desired: Partial<Desired> = { managed: [S3] },
    more: Partial<LiveRole> = {},
  ) =>
    steps(builder =>
      planSharersFit(
        builder,
        roleOf({
          trustPolicy: { Version: '2012-10-17', Statement: statements },
          ...more,
        }),
        wanting(desired),
        {
          ...scope,
          context: {
            ...scope.context,
            clusters: { list: () => [scope.cluster, ...clusters] },
          },
        } as any,
      ),
    ).map(([line, , , reason]) => `${line}: ${reason}`);
  const refused =
    /^managed-policy\.AmazonS3ReadOnlyAccess: conflict \(portal\): a service account of cluster dev shares \S+, and there it is not allowed/;

  it.each<[string, () => string[], RegExp[]]>([
    [
      'gets nothing that is refused there',
      () => fit([sharing(dev)], [dev]),
      [refused],
    ],
    [
      'keeps what it has',
      () => fit([sharing(dev)], [dev], { managed: [S3] }, { managed: [S3] }),
      [],
    ],
    ['gets what it likes where no cluster shares it', () => fit([], [dev]), []],
    [
      'gets what it likes where another shares it',
      () => fit([sharing(other('test'))], [dev]),
      [],
    ],
    [
      'is not shared with a cluster of another account',
      () => fit([sharing(dev)], [{ ...dev, accountId: '444455556666' }]),
      [],
    ],
    [
      'may be shared with any by a statement for the account',
      () => fit([sharing(dev, 'account')], [dev]),
      [
        /another service account shares \S+ by a statement for the whole account, which may be one of cluster dev, and there/,
      ],
    ],
    [
      'gets no document that is refused there',
      () =>
        fit([sharing(dev)], [dev], inline({ [OURS]: read('iam:PassRole') })),
      [
        /^inline-policy\.\S+: conflict \(portal\): a service account of cluster dev/,
      ],
    ],
    [
      'gets no document that is not on the list there',
      () =>
        fit(
          [sharing(dev)],
          [dev],
          inline({ [OURS]: read('s3:PutBucketPolicy') }),
        ),
      [
        /a service account of cluster dev shares \S+, and there it is not allowed on cluster dev: Statement\[0\]\.Action "s3:PutBucketPolicy" is not on the list/,
      ],
    ],
    [
      'keeps the document that it has',
      () =>
        fit([sharing(dev)], [dev], inline({ [OURS]: read('iam:PassRole') }), {
          inline: new Map([[OURS, read('iam:PassRole')]]),
        }),
      [],
    ],
    [
      'gets no other document in its place',
      () =>
        fit([sharing(dev)], [dev], inline({ [OURS]: read('iam:PassRole') }), {
          inline: new Map([[OURS, read()]]),
        }),
      [/^inline-policy/],
    ],
    [
      'gets a document that is allowed there',
      () => fit([sharing(dev)], [dev], inline({ [OURS]: read() })),
      [],
    ],
  ])('%s', (_, found, expected) =>
    expect(found()).toEqual(expected.map(text => expect.stringMatching(text))),
  );
});
