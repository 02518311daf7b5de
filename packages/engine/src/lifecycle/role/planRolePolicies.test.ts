import type { Desired } from '../desired';
import { TARGET_POLICY_NAME } from '../../identity/names';
import {
  ARN,
  assume,
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
  TARGET,
  wanting,
} from '../__testUtils__/roleSteps';
import type { LiveRole } from './liveRole';
import {
  planBoundary,
  planGivenPolicies,
  planPolicies,
  planRoleTags,
  planTargetPolicyRemoval,
} from './planRolePolicies';
import { RoleWrites } from './roleWrites';

const writes = new RoleWrites(scope, ARN, undefined);

describe('the boundary of a role of ours', () => {
  const of = (wanted: string | undefined, live: string | undefined) =>
    steps(builder =>
      planBoundary(
        builder,
        roleOf({ permissionsBoundaryArn: live }),
        writes,
        wanting({ boundaryArn: wanted }),
      ),
    );
  it.each<[string, () => unknown[], unknown[]]>([
    [
      'is put on',
      () => of(BOUNDARY, undefined),
      [
        [
          'boundary: create (portal)!',
          { permissionsBoundary: null },
          { permissionsBoundary: BOUNDARY },
          'the configured boundary is put on every role',
        ],
      ],
    ],
    [
      'is put in the place of another',
      () => of(BOUNDARY, S3),
      [
        [
          'boundary: update (portal)!',
          { permissionsBoundary: S3 },
          { permissionsBoundary: BOUNDARY },
          expect.any(String),
        ],
      ],
    ],
    [
      'is kept',
      () => of(BOUNDARY, BOUNDARY),
      [
        [
          'boundary: keep (portal)',
          undefined,
          undefined,
          'it is the configured one',
        ],
      ],
    ],
    [
      'is kept where another put it on',
      () => of(undefined, S3),
      [
        [
          'boundary: keep (external)',
          undefined,
          undefined,
          'not set by this portal',
        ],
      ],
    ],
    ['is none where none is configured', () => of(undefined, undefined), []],
  ])('%s', (_, found, expected) => expect(found()).toEqual(expected));
});

describe('the tags of a role of ours', () => {
  const of = (live: Record<string, string>, tags: Record<string, string>) =>
    steps(builder =>
      planRoleTags(builder, roleOf({ tags: live }), writes, wanting({ tags })),
    );
  it.each<[string, () => unknown[], unknown[]]>([
    ['stay', () => of({ team: 'a', more: 'b' }, { team: 'a' }), []],
    [
      'get what was asked for',
      () => of({ more: 'b', cost: '2' }, { team: 'a', cost: '1' }),
      [
        [
          'tags: update (portal)!',
          { team: null, cost: '2' },
          { team: 'a', cost: '1' },
          expect.any(String),
        ],
      ],
    ],
    [
      'lose a key of other case, which IAM replaces',
      () => of({ Team: 'b', other: 'c' }, { team: 'a' }),
      [
        [
          'tags: update (portal)!',
          { team: null, Team: 'b' },
          { team: 'a' },
          expect.any(String),
        ],
      ],
    ],
  ])('%s', (_, found, expected) => expect(found()).toEqual(expected));
});

describe('the policies of a role of ours', () => {
  const of = (live: LiveRole | undefined, desired: Partial<Desired>) =>
    steps(builder =>
      planPolicies(builder, live, writes, wanting(desired), scope.cluster),
    );
  const step = (
    line: string,
    reason: unknown = expect.any(String),
    before?: object,
    after?: object,
  ) => [line, before, after, reason];
  const both = read('s3:PutObject');

  it.each<[string, () => unknown[], unknown[]]>([
    [
      'are attached to a new role',
      () => of(undefined, { managed: [S3] }),
      [
        step(
          'managed-policy.AmazonS3ReadOnlyAccess: create (portal)!',
          'as requested',
        ),
      ],
    ],
    [
      'stay attached',
      () => of(roleOf({ managed: [S3] }), { managed: [S3] }),
      [
        step(
          'managed-policy.AmazonS3ReadOnlyAccess: keep (portal)',
          'it is attached',
        ),
      ],
    ],
    [
      'stay where nothing asks for them',
      () => of(roleOf({ managed: [S3] }), {}),
      [
        step(
          'managed-policy.AmazonS3ReadOnlyAccess: keep (external)',
          expect.stringMatching(/^not in this request/),
        ),
      ],
    ],
    [
      'are detached on request',
      () =>
        of(roleOf({ managed: [S3, SQS] }), { managed: [SQS], detach: [S3] }),
      [
        step('managed-policy.AmazonSQSFullAccess: keep (portal)'),
        step(
          'managed-policy.AmazonS3ReadOnlyAccess: delete (external)!',
          'detachManagedPolicyArns names it',
          { attached: true },
        ),
      ],
    ],
    [
      'are not written where they allow what is not on the list',
      () => of(undefined, inline({ [OURS]: read('s3:PutBucketPolicy') })),
      [
        step(
          `inline-policy.${OURS}: conflict (portal)`,
          expect.stringMatching(
            /^Statement\[0\]\.Action "s3:PutBucketPolicy" is not on the list of what an inline policy may allow: of s3 that is s3:Abort.*; guardrails\.inlineActions\.add extends the list$/,
          ),
          undefined,
          read('s3:PutBucketPolicy'),
        ),
      ],
    ],
    [
      'keep what they allowed before there was a list',
      () =>
        of(
          holding({ [OURS]: read('s3:PutBucketPolicy') }),
          inline({ [OURS]: read('s3:PutBucketPolicy') }),
        ),
      [
        step(
          `inline-policy.${OURS}: keep (portal)`,
          expect.stringMatching(
            /^it matches the request; it stays because the role has it already, and a new one would be refused: Statement\[0\]\.Action "s3:PutBucketPolicy" is not on/,
          ),
        ),
      ],
    ],
    [
      'are written into a new role',
      () => of(undefined, inline({ [OURS]: read() })),
      [
        step(
          `inline-policy.${OURS}: create (portal)!`,
          'the request contains it',
          undefined,
          read(),
        ),
      ],
    ],
    [
      'stay written',
      () => of(holding({ [OURS]: read() }), inline({ [OURS]: read() })),
      [step(`inline-policy.${OURS}: keep (portal)`, 'it matches the request')],
    ],
    [
      'are written again where they differ',
      () => of(holding({ [OURS]: read() }), inline({ [OURS]: both })),
      [
        step(
          `inline-policy.${OURS}: update (portal)!`,
          'the request contains it, with another document',
          read(),
          both,
        ),
      ],
    ],
    [
      'are written over one that was not read',
      () => of(holding({ [OURS]: undefined }), inline({ [OURS]: both })),
      [
        step(
          `inline-policy.${OURS}: update (portal)!`,
          'the request contains it',
          undefined,
          both,
        ),
      ],
    ],
    [
      'say what they are for',
      () => of(undefined, inline({ [TARGET_POLICY_NAME]: assume })),
      [
        step(
          `inline-policy.${TARGET_POLICY_NAME}: create (portal)!`,
          'lets the role assume the target role',
          undefined,
          assume,
        ),
      ],
    ],
    [
      'are removed where the request has others',
      () => of(holding({ [OURS]: read() }), inline({}, 'remove')),
      [
        step(
          `inline-policy.${OURS}: delete (portal)!`,
          'created by this portal, and no longer in the request',
          read(),
        ),
      ],
    ],
    [
      'stay where the request names none',
      () => of(holding({ [OURS]: read() }), {}),
      [
        step(
          `inline-policy.${OURS}: keep (portal)`,
          'created by this portal; the request names no inline policies',
        ),
      ],
    ],
    [
      'stay where another wrote them',
      () => of(holding({ theirs: undefined }), inline({}, 'remove')),
      [
        step(
          'inline-policy.theirs: keep (external)',
          'not written by this portal',
        ),
      ],
    ],
    [
      'leave the one for the target role to the end',
      () => of(holding({ [TARGET_POLICY_NAME]: assume }), inline({}, 'remove')),
      [],
    ],
  ])('%s', (_, found, expected) => expect(found()).toEqual(expected));

  it('wait for the boundary', () => {
    const found = steps(builder => {
      planBoundary(
        builder,
        roleOf(),
        writes,
        wanting({ boundaryArn: BOUNDARY }),
      );
      planPolicies(
        builder,
        undefined,
        writes,
        wanting({ managed: [S3] }),
        scope.cluster,
      );
    });
    expect(found[1][0]).toBe(
      'managed-policy.AmazonS3ReadOnlyAccess: create (portal)!, role.boundary',
    );
  });

  it.each<[string, string, Partial<Desired>, LiveRole, string[]]>([
    [
      'goes after the association',
      'own',
      {},
      holding({ [TARGET_POLICY_NAME]: assume }),
      [
        `inline-policy.${TARGET_POLICY_NAME}: delete (portal)! after association`,
      ],
    ],
    [
      'stays while there is a target role',
      'own',
      { targetRoleArn: TARGET },
      holding({ [TARGET_POLICY_NAME]: assume }),
      [],
    ],
    [
      'stays on a role that is not ours',
      'shared',
      {},
      holding({ [TARGET_POLICY_NAME]: assume }),
      [],
    ],
    ['is none', 'own', {}, roleOf(), []],
  ])('the one for the target role %s', (_, how, desired, live, expected) => {
    expect(
      steps(builder =>
        planTargetPolicyRemoval(
          builder,
          { how, live } as any,
          writes,
          wanting(desired),
        ),
      ).map(([line]) => line),
    ).toEqual(expected);
  });
});

describe('the policies of a role that is used as it is', () => {
  const of = (
    live: LiveRole,
    desired: Partial<Desired>,
    permissions?: any[],
  ) => {
    let warnings: string[] = [];
    const found = steps(builder => {
      planGivenPolicies(
        builder,
        live,
        { desired: wanting(desired), permissions },
        'a shared role',
      );
      warnings = builder.warnings;
    });
    return [
      ...found.map(([line, , , reason]) => `${line}: ${reason}`),
      ...warnings,
    ];
  };
  const target = {
    targetRoleArn: TARGET,
    ...inline({ [TARGET_POLICY_NAME]: assume }),
  };
  const conditional = {
    ...assume,
    Statement: [
      {
        ...assume.Statement[0],
        Condition: { StringEquals: { 'aws:PrincipalTag/x': 'y' } },
      },
    ],
  };

  it.each<[string, () => string[], RegExp[]]>([
    [
      'are there',
      () => of(roleOf({ managed: [S3] }), { managed: [S3] }),
      [
        /^managed-policy\.AmazonS3ReadOnlyAccess: keep \(external\): it is attached$/,
      ],
    ],
    [
      'are missing',
      () => of(roleOf(), { managed: [S3] }),
      [
        /: conflict \(external\): the request names it, but \S+ does not have it and the policies of a shared role are not changed/,
      ],
    ],
    [
      'are not detached',
      () => of(roleOf({ managed: [S3] }), { detach: [S3] }),
      [/: conflict \(external\): the request names it/],
    ],
    ['need no detaching', () => of(roleOf(), { detach: [S3] }), []],
    [
      'have the document',
      () => of(roleOf(), inline({ [OURS]: read() }), [read('x:Y'), read()]),
      [/^inline-policy\.\S+: keep \(external\): it is there$/],
    ],
    [
      'lack the document',
      () => of(roleOf(), inline({ [OURS]: read() }), [read('x:Y')]),
      [/: conflict \(external\): the request names it/],
    ],
    [
      'lack the document where none was read',
      () => of(roleOf(), inline({ [OURS]: read() })),
      [/: conflict \(external\): the request names it/],
    ],
    [
      'allow the target role',
      () => of(roleOf(), target, [assume]),
      [
        /^target-permission: keep \(external\): the role may assume the target role$/,
      ],
    ],
    [
      'do not allow the target role',
      () => of(roleOf(), target, []),
      [
        /^target-permission: conflict \(external\): targetRoleArn needs \S+ to be allowed/,
      ],
    ],
    [
      'do not allow it where none was read',
      () => of(roleOf(), target),
      [/^target-permission: conflict \(external\)/],
    ],
    [
      'allow it under conditions',
      () => of(roleOf(), target, [conditional]),
      [
        /^target-permission: keep \(external\): whether .* cannot be told/,
        /^Whether api may assume \S+role\/data cannot be told before a pod tries/,
      ],
    ],
  ])('%s', (_, found, expected) =>
    expect(found()).toEqual(expected.map(text => expect.stringMatching(text))),
  );
});
