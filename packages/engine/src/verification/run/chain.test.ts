import { roundsOf } from '../../async/__testUtils__/roundsOf';
import { VerifyWorld } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};

describe('The chain of calls of a verification', () => {
  let world: VerifyWorld;
  beforeAll(async () => {
    world = await VerifyWorld.start();
    await world.settled();
  });
  afterAll(() => world.stop());

  it('reads what the pod needs while it looks whose identity it is', async () => {
    const rounds = await roundsOf(world.sandbox, () =>
      world.verification.verify(
        {
          ref,
          trigger: 'user',
          probe: 'pod',
          permissionChecks: [],
          timeoutSeconds: 60,
        },
        {
          ...world.context(),
          claimant: { claims: new Set(), isAdministrator: true },
        },
      ),
    );
    // What EKS said of the cluster counts for a minute, which a slow machine may take
    const [first, ...later] = rounds;
    const others = later.map(each =>
      each.filter(operation => operation !== 'DescribeCluster'),
    );
    expect([first, ...others.filter(({ length }) => length)]).toEqual([
      ['DescribeCluster', 'ListPodIdentityAssociations'],
      ['DescribePodIdentityAssociation'],
      ['DescribeAddon', 'GetRole', 'ListNodegroups'],
      ['DescribeNodegroup', 'ListAttachedRolePolicies', 'ListRolePolicies'],
      ['ListAttachedRolePolicies'],
    ]);
  });
});
