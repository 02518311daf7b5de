import { MoveWorld, NAME, NAMESPACE } from '../__testUtils__/MoveWorld';

const OLD = 'arn:aws:iam::444455556666:role/partner';

/** Its plan has stages by then, and everything else would let an operation go on. */
it('neither moves nor takes back one that goes on to its role of another account', async () => {
  const world = await MoveWorld.start();
  try {
    const { sandbox } = world.world;
    await world.world.kube().apply([
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name: NAME,
          namespace: NAMESPACE,
          annotations: { 'eks.amazonaws.com/role-arn': OLD },
        },
      },
    ] as any);
    sandbox.aws.eks.putAssociation('payments-prod', {
      namespace: NAMESPACE,
      serviceAccount: NAME,
      roleArn: world.roleArn,
      targetRoleArn: OLD,
      disableSessionTags: true,
    });
    await sandbox.clock.advance(60_000);
    sandbox.calls.reset();
    for (const until of ['rehearsal', 'moved', 'finished'] as const) {
      await expect(world.migrate({ until })).rejects.toThrow(
        /^Nothing was changed: the old role of shop\/api is of another account, so that it moves by hand alone/,
      );
    }
    await expect(world.rollback()).rejects.toThrow(
      /no move of .* made the association/,
    );
    expect(world.writes()).toEqual([]);
  } finally {
    await world.stop();
  }
});
