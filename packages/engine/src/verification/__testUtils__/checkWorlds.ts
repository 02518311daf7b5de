import { checkOf, VerifyWorld } from './VerifyWorld';

/** The identity that the check tests use. */
export const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
export const ACCOUNT = 'arn:aws:iam::111122223333';
/** The role of its association. */
export const role = `${ACCOUNT}:role/payments-ledger`;
export const clusterArn =
  'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod';

/** A portal without access to the Kubernetes API, which reads an identity only from AWS. */
export function onAws() {
  let world: VerifyWorld;
  beforeAll(async () => {
    world = await VerifyWorld.start({
      portalClusters: [
        { name: 'payments-prod', kubernetes: { access: 'none' } },
      ],
    });
  });
  afterEach(async () => {
    world.lastAssociate = undefined;
    world.elsewhere = undefined;
    world.events.length = 0;
    await world.sandbox.reset();
  });
  afterAll(() => world.stop());
  return {
    world: () => world,
    aws: () => world.sandbox.aws,
    association: () =>
      world.sandbox.aws.eks
        .associations('payments-prod')
        .find(one => one.serviceAccount === ref.serviceAccount)!,
    verify: async (id: string) => checkOf(await world.verify({ ref }), id),
  };
}

/** A portal that may also use the Kubernetes API. */
export function inCluster() {
  let world: VerifyWorld;
  const cleanUp: Array<() => void> = [];
  beforeAll(async () => {
    world = await VerifyWorld.start();
    await world.settled();
  });
  afterEach(async () => {
    cleanUp.splice(0).forEach(undo => undo());
    world.kube().setWebhook({});
    world.kube().pinApiServer(undefined);
    await world.reset();
  });
  afterAll(() => world.stop());
  return {
    world: () => world,
    kube: () => world.kube(),
    cleanUp,
    verify: async (
      id: string,
      request: Partial<Parameters<VerifyWorld['verify']>[0]> = {},
    ) => checkOf(await world.verify({ ref, ...request }), id),
  };
}
