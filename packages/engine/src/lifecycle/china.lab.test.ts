/** @needs aws */
import { serviceTrust } from 'eks-sandbox';
import { realBash } from '../verification/__testUtils__/bash';
import {
  checkOf,
  VerifyWorld,
} from '../verification/__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};

describe('the commands of fixes, for a cluster in China', () => {
  let world: VerifyWorld;
  beforeAll(async () => {
    world = await VerifyWorld.start({
      region: 'cn-north-1',
      portalClusters: [
        { name: 'payments-prod', kubernetes: { access: 'none' } },
      ],
    });
  });
  afterAll(() => world.stop());
  const run = realBash();

  it('repair a trust policy', async () => {
    const { sandbox } = world;
    sandbox.aws.iam.updateRole(
      'arn:aws-cn:iam::111122223333:role/payments-ledger',
      { trust: serviceTrust('pods.eks.amazonaws.com') },
    );
    const judge = async () =>
      checkOf(await world.verify({ ref }), 'role.trust-policy');
    const { status, fix } = await judge();
    expect(status).toBe('fail');
    const answer = await run(
      sandbox,
      sandbox.credentials.admin,
      fix!.snippet!.text,
    );
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect((await judge()).status).toBe('pass');
  });
});
