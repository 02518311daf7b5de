import { Sandbox, startSandbox } from '../sandbox';
import { ROLE_MAKERS } from '../seed/irsa/makers';
import { TRUST_SHAPES } from '../seed/irsa/trust';

const CLUSTER = 'payments-prod';
/** Its pattern never matches, its issuer is gone. */
const REFUSED = ['T5', 'T13'];

describe('a service account from before Pod Identity', () => {
  let sandbox: Sandbox;
  const make = (name: string, input: object = {}) =>
    sandbox.client.scenario('irsa-account', {
      identity: `${CLUSTER}/old/${name}`,
      ...input,
    }) as Promise<{ roleArn: string }>;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: [CLUSTER] });
  });
  afterEach(() => sandbox.reset());
  afterAll(() => sandbox.stop());

  it.each(TRUST_SHAPES)(
    'gets its role by a trust policy of shape %s, or not, as STS decides',
    async shape => {
      const { roleArn } = await make('api', { shape, sdk: 'boto3/1.44.8' });
      const pod = sandbox
        .cluster(CLUSTER)
        .list('pods', 'old')
        .find(({ metadata }) => metadata.name.startsWith('api-'))!;
      const log = await sandbox.cluster(CLUSTER).log('old', pod.metadata.name);
      expect(log).toContain(
        REFUSED.includes(shape)
          ? 'Not authorized to perform sts:AssumeRoleWithWebIdentity'
          : 'with keys of irsa: sts:GetCallerIdentity ok',
      );
      expect(roleArn).toContain(
        shape === 'T9' ? 'iam::444455556666:' : 'iam::111122223333:',
      );
    },
  );

  it('has a role with the name and the tags of its maker', async () => {
    const made: Record<string, string[]> = {};
    for (const maker of ROLE_MAKERS) {
      const { roleArn } = await make(maker, { maker });
      const { name, tags } = sandbox.aws.iam.role(roleArn);
      made[maker] = [name, ...Object.keys(tags)];
    }
    expect(made).toEqual({
      unknown: ['irsa-payments-prod-unknown'],
      cloudformation: [
        expect.stringMatching(
          /^payments-prod-cloudformation-iam-Role-1[0-9A-Z]{11}$/,
        ),
        'aws:cloudformation:stack-name',
        'aws:cloudformation:logical-id',
      ],
      eksctl: [
        expect.stringMatching(
          /^eksctl-payments-prod-addon-iamserviceaccou.*-Role1-1[0-9A-Z]{11}$/,
        ),
        'aws:cloudformation:stack-name',
        'aws:cloudformation:logical-id',
        'alpha.eksctl.io/cluster-name',
        'alpha.eksctl.io/eksctl-version',
        'alpha.eksctl.io/iamserviceaccount-name',
      ],
      terraform: ['payments-prod-terraform', 'ManagedBy'],
      'terraform-prefix': [
        expect.stringMatching(/^terraform-prefix-\d{18}[0-9a-f]{8}$/),
      ],
      ack: [
        'payments-prod-old-ack',
        'services.k8s.aws/controller-version',
        'services.k8s.aws/namespace',
      ],
    });
    const names = Object.values(made).map(([name]) => name.length);
    expect(Math.max(...names)).toBeLessThanOrEqual(64);
  });

  it('says what is wrong with its input', async () => {
    await expect(make('api', { shape: 'T15' })).rejects.toThrow(
      'shape must be one of T1, T2',
    );
    await expect(make('api', { maker: 'magic' })).rejects.toThrow(
      'maker must be one of unknown',
    );
  });
});
