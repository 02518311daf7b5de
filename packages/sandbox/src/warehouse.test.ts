import { Sandbox, startSandbox } from './sandbox';
import accounts from './seed/warehouse.json';
import { WAREHOUSE } from './seed/clusters';

/** The demo's cluster from the time of IRSA. */
describe('the cluster of the warehouse', () => {
  let sandbox: Sandbox;
  const kube = () => sandbox.cluster(WAREHOUSE);
  const calls = () =>
    sandbox.aws.cloudTrail.events({ name: 'AssumeRoleWithWebIdentity' });
  /** `accepted` and `refused`, by the name of the service account. */
  const answers = () =>
    Object.fromEntries(
      calls().map(({ userIdentity, errorCode }) => [
        userIdentity.userName.split(':').at(-1),
        errorCode ? 'refused' : 'accepted',
      ]),
    );

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: [WAREHOUSE] });
  });
  afterAll(() => sandbox.stop());

  it('is not among the clusters that start by default', async () => {
    const usual = await startSandbox();
    expect(usual.connections().map(({ name }) => name)).toEqual([
      'payments-prod',
      'platform-auto',
      'orders-legacy',
    ]);
    await usual.stop();
  });

  it('has programs that ask STS, which refuses those whose trust policy says no', () => {
    const programs = accounts.filter(
      ({ sdk, kind, road }) => sdk && !kind && road !== 'associated',
    );
    const refused = ['old-scales', 'rack-robots'];
    expect(answers()).toEqual(
      Object.fromEntries(
        programs.map(({ name }) => [
          name,
          refused.includes(name) ? 'refused' : 'accepted',
        ]),
      ),
    );
  });

  it('says in each call which SDK asked', () => {
    const agents = Object.fromEntries(
      calls().map(({ userIdentity, userAgent }) => [
        userIdentity.userName.split(':').at(-1),
        userAgent.split(' ')[0],
      ]),
    );
    expect(agents).toMatchObject({
      'label-printer': 'aws-sdk-js/3.490.0',
      'parcel-tracker': 'Boto3/1.44.8',
      'dock-planner': 'aws-sdk-java/2.57.8',
    });
  });

  it('runs a part of its pods on Fargate, and the others on nodes with an agent', () => {
    const nodeOf = (namespace: string) =>
      kube()
        .list('pods', namespace)
        .map(({ spec }) => spec.nodeName.startsWith('fargate-'));
    expect(nodeOf('warehouse-jobs')).toEqual([true]);
    expect(nodeOf('warehouse')).not.toContain(true);
  });

  it('shows the annotation of an add-on as written by EKS, which its role belongs to', () => {
    const { metadata } = kube().get(
      'serviceaccounts',
      'kube-system',
      'ebs-csi-controller-sa',
    )!;
    const addon = sandbox.aws.eks
      .cluster(WAREHOUSE)
      .addons.get('aws-ebs-csi-driver');
    expect(metadata.annotations!['eks.amazonaws.com/role-arn']).toBe(
      addon!.serviceAccountRoleArn,
    );
    expect(metadata.managedFields!.map(({ manager }) => manager)).toContain(
      'eks',
    );
  });
});
