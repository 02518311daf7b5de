import type { KubeObject } from '../kubernetes';
import { Sandbox, startSandbox } from '../sandbox';
import { applicationScenarios } from './applications';

const CLUSTER = 'payments-prod';
const NAME = 'payments-ledger';
const ROLE = `arn:aws:iam::111122223333:role/${NAME}`;

const isOurs = ({ metadata }: KubeObject) =>
  metadata.name.startsWith(`${NAME}-`) && !metadata.deletionTimestamp;

describe('applications in pods', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: [CLUSTER], clockRate: 0 });
  });
  afterEach(async () => {
    await sandbox.reset();
    // Programs of pods that are on their way out still call; their events go by the second reset.
    await sandbox
      .cluster(CLUSTER)
      .waitFor(
        'deployments',
        'payments',
        NAME,
        object =>
          object?.status?.observedGeneration === object?.metadata.generation &&
          object?.status?.updatedReplicas === object?.spec.replicas &&
          object?.status?.replicas === object?.spec.replicas,
      );
    await sandbox.reset();
  });
  afterAll(() => sandbox.stop());

  const logs = async () => {
    const kube = sandbox.cluster(CLUSTER);
    const pods = kube.list('pods', 'payments').filter(isOurs);
    const texts = await Promise.all(
      pods.map(({ metadata }) => kube.log('payments', metadata.name)),
    );
    return [...new Set(texts)].join('');
  };

  /** Who did what with which SDK, beside the agents and those who set it up; each once. */
  const seen = () => {
    const lines = sandbox.aws.cloudTrail
      .events()
      .filter(
        ({ eventName, userIdentity }) =>
          eventName !== 'AssumeRoleForPodIdentity' &&
          userIdentity.invokedBy !== 'ec2.amazonaws.com',
      )
      .map(({ eventName, userIdentity, userAgent, errorCode }) => {
        const { type, invokedBy, userName, sessionContext } = userIdentity;
        const who =
          invokedBy ??
          sessionContext?.sessionIssuer.userName ??
          userName ??
          type;
        const [product] = userAgent.replace('[', '').split(' ');
        const codes = /m\/\S+/.exec(userAgent.replace(']', ''))?.[0] ?? '';
        return [who, eventName, product, codes, errorCode ?? '']
          .filter(Boolean)
          .join(' ');
      });
    return [...new Set(lines)].sort();
  };

  const tagsOf = (name: string) =>
    new Set(
      sandbox.aws.cloudTrail
        .events({ name: 'AssumeRole' })
        .filter(({ requestParameters }) => requestParameters.roleArn === ROLE)
        .flatMap(({ requestParameters }) => requestParameters.tags ?? [])
        .filter(({ key }) => key === name)
        .map(({ value }) => value),
    );

  /** Each pod once, and again after hours. */
  async function obtainedByEachPod() {
    const running = sandbox
      .cluster(CLUSTER)
      .list('pods', 'payments')
      .filter(isOurs)
      .map(({ metadata }) => metadata.uid);
    expect(tagsOf('kubernetes-pod-uid')).toEqual(new Set(running));
    const obtained = () =>
      sandbox.aws.cloudTrail
        .events({ name: 'AssumeRole' })
        .filter(({ requestParameters }) => requestParameters.roleArn === ROLE)
        .length;
    expect(obtained()).toBe(2);
    await sandbox.clock.advance(30 * 60_000);
    expect(obtained()).toBe(2);
    await sandbox.clock.advance(6 * 3_600_000);
    expect(obtained()).toBe(4);
  }

  const BY_ROLE = (sdk: string, codes: string) => [
    `${NAME} GetCallerIdentity ${sdk} ${codes}`,
    `${NAME} ListBuckets ${sdk} ${codes}`,
  ];
  const OBTAINED = 'pods.eks.amazonaws.com AssumeRole pods.eks.amazonaws.com';
  const AS_NODE = (sdk: string, codes = '') => [
    `payments-prod-nodes GetCallerIdentity ${sdk} ${codes}`.trim(),
    `payments-prod-nodes ListBuckets ${sdk} ${codes} AccessDenied`.replace(
      '  ',
      ' ',
    ),
  ];
  const BY_KEYS = (sdk: string, codes: string) => [
    `${NAME}-legacy GetCallerIdentity ${sdk} ${codes}`,
    `${NAME}-legacy ListBuckets ${sdk} ${codes}`,
  ];
  const IRSA = 'system:serviceaccount:payments:payments-ledger';

  const expected: Record<
    string,
    { events: string[]; log: RegExp; also?: () => unknown }
  > = {
    'application-uses-identity': {
      events: [...BY_ROLE('Boto3/1.44.8', 'm/z,N,Z,E,b'), OBTAINED],
      log: /keys of container: sts:GetCallerIdentity ok, s3:ListBuckets ok/,
      also: obtainedByEachPod,
    },
    'application-sdk-too-old': {
      events: [],
      log: /not a valid container metadata service hostname/,
    },
    'application-sdk-too-old-becomes-node': {
      events: AS_NODE('aws-sdk-java/2.20.0'),
      log: /keys of node/,
    },
    'application-keys-in-environment': {
      events: BY_KEYS('aws-sdk-js/3.1173.0', 'm/E,g'),
      log: /keys of environment/,
    },
    'application-keys-in-secret': {
      events: BY_KEYS('aws-sdk-go-v2/1.48.0', 'm/g'),
      log: /keys of environment/,
    },
    'application-keys-in-home': {
      events: BY_KEYS('Boto3/1.44.8', 'm/E,b,N,n,Z'),
      log: /keys of profile/,
    },
    'application-keys-in-file': {
      events: BY_KEYS('Boto3/1.44.8', 'm/E,b,N,n,Z'),
      log: /keys of profile/,
    },
    'application-behind-proxy-in-go': {
      events: [],
      log: /proxyconnect tcp/,
    },
    'application-behind-proxy-in-python': {
      events: [...BY_ROLE('Boto3/1.44.8', 'm/z,N,Z,E,b'), OBTAINED],
      log: /keys of container/,
    },
    'application-profile-missing-in-python': {
      events: [],
      log: /The config profile \(ledger\) could not be found/,
    },
    'application-agent-down-in-java': {
      events: AS_NODE('aws-sdk-java/2.57.8', 'm/D,AK,N,0'),
      log: /keys of node/,
    },
    'application-agent-down-in-go': { events: [], log: /refused/ },
    'application-behind-broken-trust-in-java': {
      events: AS_NODE('aws-sdk-java/2.57.8', 'm/D,AK,N,0'),
      log: /keys of node/,
    },
    'application-uninjected': {
      events: AS_NODE('Boto3/1.44.8', 'm/E,Z,b,N,0'),
      log: /keys of node/,
    },
    'application-still-by-irsa': {
      events: [
        ...BY_ROLE('aws-sdk-go-v2/1.48.0', 'm/h'),
        `${IRSA} AssumeRoleWithWebIdentity aws-sdk-go-v2/1.48.0 m/h`,
      ],
      log: /keys of irsa/,
    },
    'application-irsa-by-hand': {
      events: [
        ...BY_ROLE('aws-sdk-go-v2/1.48.0', 'm/h'),
        `${IRSA} AssumeRoleWithWebIdentity aws-sdk-go-v2/1.48.0 m/h`,
      ],
      log: /keys of irsa/,
    },
    'application-role-shared': {
      events: [
        ...BY_ROLE('Boto3/1.44.8', 'm/z,N,Z,E,b'),
        ...BY_ROLE('aws-sdk-java/2.57.8', 'm/D,AK,N,z'),
        OBTAINED,
      ],
      log: /keys of container/,
      also: () =>
        expect(tagsOf('kubernetes-namespace')).toEqual(
          new Set(['payments', 'team-other']),
        ),
    },
    'application-never-used': { events: [], log: /^$/ },
    'application-denied': {
      events: [
        `${NAME} GetCallerIdentity aws-sdk-js/3.1173.0 m/E,z`,
        `${NAME} ListBuckets aws-sdk-js/3.1173.0 m/E,z AccessDenied`,
        OBTAINED,
      ],
      log: /s3:ListBuckets AccessDenied: User: .* is not authorized/,
    },
    'application-tags-off': {
      events: [...BY_ROLE('Boto3/1.44.8', 'm/z,N,Z,E,b'), OBTAINED],
      log: /keys of container/,
    },
    'application-with-target-role': {
      events: [
        `${NAME}-target GetCallerIdentity Boto3/1.44.8 m/z,N,Z,E,b`,
        `${NAME}-target ListBuckets Boto3/1.44.8 m/z,N,Z,E,b`,
        OBTAINED,
      ],
      log: /keys of container/,
    },
    'application-role-of-two-clusters': {
      events: [...BY_ROLE('Boto3/1.44.8', 'm/z,N,Z,E,b'), OBTAINED],
      log: /keys of container/,
      also: () =>
        expect(tagsOf('eks-cluster-name')).toEqual(
          new Set([CLUSTER, `${CLUSTER}-second`]),
        ),
    },
    'application-events-late': {
      events: [...BY_ROLE('Boto3/1.44.8', 'm/z,N,Z,E,b'), OBTAINED],
      log: /keys of container/,
    },
  };

  it('are all tried', () => {
    expect(Object.keys(expected)).toEqual(Object.keys(applicationScenarios));
  });

  it.each(Object.keys(expected))('%s', async name => {
    await sandbox.client.scenario(name);
    const { events, log, also } = expected[name];
    expect(seen()).toEqual([...events].sort());
    expect(await logs()).toMatch(log);
    await also?.();
  });
});
