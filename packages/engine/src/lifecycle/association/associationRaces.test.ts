import { createTags } from '../../identity/ownership';
import { trustPolicy, trustStatement } from '../../identity/trust';
import { awsError } from '../../aws/__testUtils__/awsClient';
import { awsScope } from '../__testUtils__/awsScope';
import { planScope } from '../__testUtils__/planScope';
import { ARN } from '../__testUtils__/roleSteps';
import { subjectOf } from '../steps/scope';
import { readExisting, waitingForRole } from './associationRaces';

const plain = planScope();
const WANTED = { roleArn: ARN, disableSessionTags: false };
const UNKNOWN = 'Role provided in the request does not exist.';
const INVALID = 'Trust policy of the role provided is invalid.';

const roleWith = (policy: object, arn = ARN) => ({
  Role: {
    Arn: arn,
    RoleName: 'api',
    AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(policy)),
  },
});
const trusting = trustPolicy(trustStatement('serviceAccount', plain.target));
const elsewhere = trustPolicy(
  trustStatement('serviceAccount', { ...plain.target, serviceAccount: 'jobs' }),
);

describe('a write that EKS refuses for its role', () => {
  function refused(role: () => object) {
    const { scope, names } = awsScope({ GetRole: role });
    const waits = waitingForRole(scope, WANTED);
    return {
      names,
      quarter: scope.context.config.timings.rolePropagation / 4,
      ask: (message: string, elapsedMs: number) =>
        waits(
          { kind: 'invalid', code: 'InvalidParameter', message },
          elapsedMs,
        ),
    };
  }

  it('is not repeated for another reason, and IAM is not asked', async () => {
    const { ask, names } = refused(() => roleWith(trusting));
    expect(await ask('Bad session policy', 0)).toBeUndefined();
    expect(names()).toEqual([]);
  });

  it('waits for a role that IAM shows, and asks IAM again every 5 seconds', async () => {
    const { ask, names, quarter } = refused(() => roleWith(elsewhere));
    for (const [at, looks] of [
      [0, 1],
      [4_999, 1],
      [5_000, 2],
      [9_999, 2],
      [10_000, 3],
      [quarter, 4],
    ]) {
      expect(await ask(UNKNOWN, at)).toBe(
        'Waiting until EKS sees the role api',
      );
      expect(names()).toHaveLength(looks);
    }
  });

  it('waits for a valid trust policy a quarter as long', async () => {
    const { ask, quarter } = refused(() => roleWith(trusting));
    const waits = 'Waiting until EKS sees the trust policy of api';
    expect(await ask(INVALID, quarter - 1)).toBe(waits);
    expect(await ask(INVALID, quarter)).toBeUndefined();
  });

  it('has its trust policy looked at as soon as that is what EKS refuses', async () => {
    const { ask, names } = refused(() => roleWith(trusting));
    await ask(UNKNOWN, 0);
    await ask(INVALID, 1);
    await ask(INVALID, 2);
    await ask(UNKNOWN, 3);
    expect(names()).toHaveLength(3);
  });

  it.each<[string, string, () => object, RegExp]>([
    [
      'whose role is gone',
      UNKNOWN,
      () => {
        throw awsError('NoSuchEntityException');
      },
      /^EKS says that the role \S+ does not exist, and IAM says so too/,
    ],
    [
      'whose role has another path by now',
      UNKNOWN,
      () => roleWith(trusting, ARN.replace('role/', 'role/team/')),
      /and IAM says so too: it was deleted meanwhile/,
    ],
    [
      'whose role trusts another service account',
      INVALID,
      () => roleWith(elsewhere),
      /^EKS does not accept the trust policy of api \(Trust policy of .*It needs this statement: \{.*"api"/,
    ],
  ])('ends for one %s', async (_, message, role, said) => {
    const { ask } = refused(role);
    await expect(ask(message, 0)).rejects.toMatchObject({
      name: 'ConflictError',
      message: expect.stringMatching(said),
    });
  });

  it('ends where the trust policy asks for session tags that the association has turned off', async () => {
    const { scope } = awsScope({ GetRole: () => roleWith(trusting) });
    const waits = waitingForRole(scope, {
      ...WANTED,
      disableSessionTags: true,
    });
    const info = { kind: 'invalid', code: 'x', message: INVALID } as const;
    await expect(waits(info, 0)).rejects.toThrow(/Session tags are off/);
  });
});

describe('an association that is there already', () => {
  const mine = createTags(subjectOf(plain), { tags: {} });
  const SAID = 'Association already exists: a-1';
  const association = (more: object = {}) => ({
    associationId: 'a-1',
    associationArn: 'arn:a-1',
    roleArn: ARN,
    namespace: 'shop',
    serviceAccount: 'api',
    tags: mine,
    ...more,
  });

  function existing({
    listed = true,
    live = association() as object | null,
    message = SAID,
  }) {
    const { scope, names } = awsScope({
      ListPodIdentityAssociations: () => ({
        associations: listed ? [association()] : [],
      }),
      DescribePodIdentityAssociation: ({ associationId }) => {
        if (associationId !== 'a-1' || !live)
          throw awsError('ResourceNotFoundException');
        return { association: live };
      },
    });
    return { names, found: readExisting(scope, message, WANTED) };
  }

  it('is taken where it is ours and as wanted', async () => {
    expect(await existing({}).found).toMatchObject({ id: 'a-1', roleArn: ARN });
  });

  it('is found by the id that EKS tells, where the list does not have it yet', async () => {
    const { found, names } = existing({ listed: false });
    expect(await found).toMatchObject({ id: 'a-1' });
    expect(names()).toEqual([
      'ListPodIdentityAssociations',
      'DescribePodIdentityAssociation',
    ]);
  });

  it('is none where it is gone by now', async () => {
    const { found } = existing({ listed: false, live: null });
    expect(await found).toBeUndefined();
  });

  it('is none where the list does not have it and EKS does not tell which', async () => {
    const { found, names } = existing({
      listed: false,
      message: 'already exists',
    });
    expect(await found).toBeUndefined();
    expect(names()).toEqual(['ListPodIdentityAssociations']);
  });

  it.each<[string, object, RegExp]>([
    [
      'has another role',
      { roleArn: `${ARN}-2` },
      /a-1 was made for this service account, with the role \S+\/api-2; it belongs to .*The request wants the role \S+\/api\. Run it again/,
    ],
    ['has session tags turned off', { disableSessionTags: true }, /belongs to/],
    ['is of others', { tags: {} }, /belongs to (?!the add-on)/],
    [
      'is of an add-on',
      { ownerArn: 'arn:addon' },
      /belongs to the add-on arn:addon\./,
    ],
  ])('is a conflict where it %s', async (_, more, said) => {
    await expect(
      existing({ live: association(more) }).found,
    ).rejects.toMatchObject({
      name: 'ConflictError',
      message: expect.stringMatching(said),
    });
  });
});
