import { countByOperation } from 'eks-sandbox';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { AccessWorld } from './__testUtils__/AccessWorld';

const CLUSTER = 'payments-prod';
const CNI = 'aws-node';
const DNS = 'coredns';

describe('add-ons that have a role for IRSA, over the wire', () => {
  let world: VerifyWorld;
  let access: AccessWorld;

  beforeAll(async () => {
    world = await VerifyWorld.start();
    access = new AccessWorld(world);
    for (const [addonName, name] of [
      ['vpc-cni', CNI],
      ['coredns', DNS],
    ]) {
      const serviceAccountRoleArn = access.role(`r-${name}`, [
        access.oidc(name),
      ]);
      await world.sandbox.aws.eks.putAddon(CLUSTER, {
        addonName,
        serviceAccountRoleArn,
      });
      await world.kube().apply(
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: {
            name,
            namespace: 'kube-system',
            annotations: {
              'eks.amazonaws.com/role-arn': serviceAccountRoleArn,
            },
          },
        },
        'eks',
      );
    }
  });
  afterAll(() => world.stop());

  const look = async () => {
    const { client } = world.sandbox;
    await client.resetCalls();
    const { rows } = await access.look();
    const counts = countByOperation(await client.calls({ internal: false }));
    const sentenceOf = (name: string) =>
      rows.find(({ ref }) => ref.serviceAccount === name)!.sentence;
    return {
      sentences: [CNI, DNS].map(sentenceOf),
      asked: counts['eks:DescribeAddonConfiguration'],
    };
  };

  it('are told by their versions whether they can move', async () => {
    expect(await look()).toEqual({
      sentences: [
        expect.stringMatching(
          / moves it: version v1\.\d+\.\d\S+ supports Pod Identity\.$/,
        ),
        expect.stringMatching(
          / stays on IRSA until .*, which v1\.\d+\.\d\S+ does not\.$/,
        ),
      ],
      asked: 2,
    });
  });

  it('need a right for that, which is asked for once', async () => {
    world.forbid('eks:DescribeAddonConfiguration');
    const names = expect.stringMatching(
      /was not read: .* is not allowed to call eks:DescribeAddonConfiguration on \*\.$/,
    );
    expect(await look()).toEqual({ sentences: [names, names], asked: 1 });
  });
});
