import { MoveWorld, NAME, NAMESPACE } from '../__testUtils__/MoveWorld';

const OLD = 'arn:aws:iam::444455556666:role/partner';
const OWNER = 'arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/api/1';

/** Their plans have stages, and everything else would let an operation go on. */
it.each<[string, { annotated?: string; ownerArn?: string }, string, RegExp]>([
  [
    'goes on to its role of another account',
    { annotated: OLD },
    'its old role is of another account',
    /no move of .* made the association/,
  ],
  [
    'has its association from an add-on',
    { ownerArn: OWNER },
    'an add-on of EKS has it',
    /no move of .* made the association/,
  ],
])(
  'neither moves nor takes back one that %s',
  async (_, { annotated, ownerArn }, why, back) => {
    const world = await MoveWorld.start();
    try {
      const { sandbox } = world.world;
      const annotations = {
        'eks.amazonaws.com/role-arn': annotated ?? world.roleArn,
      };
      await world.world.kube().apply([
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: NAME, namespace: NAMESPACE, annotations },
        },
      ] as any);
      sandbox.aws.eks.putAssociation('payments-prod', {
        namespace: NAMESPACE,
        serviceAccount: NAME,
        roleArn: world.roleArn,
        ...(annotated && {
          targetRoleArn: annotated,
          disableSessionTags: true,
        }),
        ...(ownerArn && { ownerArn }),
      });
      await sandbox.clock.advance(60_000);
      sandbox.calls.reset();
      for (const until of ['rehearsal', 'moved', 'finished'] as const) {
        await expect(world.migrate({ until })).rejects.toThrow(
          `Nothing was changed: shop/api moves by hand alone, because ${why}. Its plan has the commands`,
        );
      }
      await expect(world.rollback()).rejects.toThrow(back);
      expect(world.writes()).toEqual([]);
    } finally {
      await world.stop();
    }
  },
);
