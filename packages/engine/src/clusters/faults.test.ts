import { AttachRolePolicyCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { CreatePodIdentityAssociationCommand } from '@aws-sdk/client-eks';
import {
  type FaultKind,
  POD_IDENTITY_TRUST,
  type Sandbox,
  startSandbox,
  useEndpoint,
} from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { type Clock, systemClock } from '../async/clock';
import { toAwsBackstageError } from '../aws/errors';
import { toKubernetesBackstageError } from '../kubernetes/errors';
import type { KubernetesApi } from '../kubernetes/types';
import { portal } from './__testUtils__/portal';
import type { Clusters, ClusterSession } from './types';

const CLUSTER = 'payments-prod';
const KINDS: FaultKind[] = [
  'throttle',
  'server-error',
  'unavailable',
  'reset',
  'lost-answer',
  'truncate',
];

/** Pauses take no time, but the clock goes on; limits of calls take theirs. */
class SkippingClock implements Clock {
  slept: number[] = [];
  #ahead = 0;

  now() {
    return Date.now() + this.#ahead;
  }

  async sleep(ms: number, signal?: AbortSignal) {
    // Half of it is when a creation of a pod is doubted
    if (ms >= PATIENCE_MS / 2) {
      await systemClock.sleep(ms, signal);
      return;
    }
    this.slept.push(ms);
    this.#ahead += ms;
  }
}

describe('Calls on a bad day', () => {
  let sandbox: Sandbox;
  let restore: () => void;
  let known: string;
  let clock: SkippingClock;
  let clusters: Clusters;
  let session: ClusterSession;
  let api: KubernetesApi;

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: [CLUSTER] });
    restore = useEndpoint(sandbox.awsEndpoint);
    known = sandbox.aws.iam.putRole({
      name: 'known',
      trust: POD_IDENTITY_TRUST,
    }).arn;
  });
  beforeEach(async () => {
    clock = new SkippingClock();
    const { accessKeyId, secretAccessKey } = sandbox.credentials.admin;
    ({ clusters } = portal({
      sandbox,
      clock,
      keys: { accessKeyId, secretAccessKey },
      section: { pacing: { iamPerSecond: 1_000, eksPerSecond: 1_000 } },
    }));
    session = clusters.session(CLUSTER, 'write');
    api = await session.kubernetes();
    clock.slept = [];
    sandbox.calls.reset();
  });
  /** The portal's own user with its three roles. */
  const asPortal = () => {
    const { backstage, roles } = sandbox.credentials;
    const { accessKeyId, secretAccessKey } = backstage;
    return portal({
      sandbox,
      clock,
      keys: { accessKeyId, secretAccessKey },
      clusters: [{ name: CLUSTER, roles }],
    }).clusters;
  };

  afterEach(async () => {
    sandbox.faults.clear();
    await clusters.close();
  });
  afterAll(async () => {
    restore();
    await sandbox.stop();
  });

  const pod = (name: string) => ({
    metadata: { name, namespace: 'payments', labels: { run: name } },
    spec: { containers: [{ name: 'main', image: 'busybox' }] },
  });

  const readRole = () =>
    session.aws.iam.send(new GetRoleCommand({ RoleName: 'known' }));

  /** Faults of the calls from outside, oldest first; `none` for those that met none. */
  const fates = () =>
    sandbox.calls
      .calls()
      .filter(({ internal }) => !internal)
      .map(({ fault = 'none' }) => fault);

  it.each(KINDS)('are made again after %s', async kind => {
    sandbox.faults.add({ pattern: 'iam:*', kind, times: 2 });
    expect((await readRole()).Role?.RoleName).toBe('known');
    expect(fates()).toEqual([kind, kind, 'none']);

    sandbox.calls.reset();
    sandbox.faults.add({ pattern: 'kubernetes:*', kind, times: 2 });
    expect((await api.readNamespace('payments'))?.metadata?.name).toBe(
      'payments',
    );
    expect(fates()).toEqual([kind, kind, 'none']);
  });

  it.each(KINDS)('end after some tries of %s, with a sentence', async kind => {
    sandbox.faults.add({ pattern: '*', kind });
    const aws = await readRole().catch(error =>
      toAwsBackstageError(error, {
        doing: 'read the role known',
        cluster: session.cluster,
      }),
    );
    // The wait for the pace of a throttled account counts too.
    const tries = kind === 'throttle' ? fates().length : 8;
    expect(fates()).toHaveLength(tries);
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(9);
    expect(clock.slept.reduce((a, b) => a + b, 0)).toBeLessThan(60_000);
    sandbox.calls.reset();
    const kubernetes = await api.readNamespace('payments').catch(error =>
      toKubernetesBackstageError(error, {
        doing: 'look at namespace payments',
        cluster: session.cluster,
      }),
    );
    // An API server that asks to come back is asked again for a minute.
    const [least, most] = kind === 'throttle' ? [16, 30] : [8, 8];
    expect(fates().length).toBeGreaterThanOrEqual(least);
    expect(fates().length).toBeLessThanOrEqual(most);
    for (const error of [aws, kubernetes]) {
      expect(error).toMatchObject({ name: 'ServiceUnavailableError' });
      const { message } = error as Error;
      expect(message).toMatch(/^Could not .* \(cluster payments-prod\)\. /);
      expect(message).toMatch(/run it again|try again/i);
      expect(message).not.toMatch(/[<>{}]|\n|\bat \S+:\d+|AWS SDK|undefined/);
    }
  });

  it('wait as long as an API server asks', async () => {
    sandbox.faults.add({ pattern: 'kubernetes:*', kind: 'throttle', times: 1 });
    await api.readNamespace('payments');
    expect(clock.slept).toEqual([1_000]);
  });

  it('are not made again when the answer would be the same', async () => {
    const role = sandbox.aws.iam.putRole({ name: 'full' });
    const policyOf = (index: number) =>
      sandbox.aws.iam.putPolicy({
        name: `p${index}`,
        document: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
          ],
        },
      });
    const attach = (PolicyArn: string) =>
      session.aws.iam.send(
        new AttachRolePolicyCommand({ RoleName: role.name, PolicyArn }),
      );
    for (let index = 0; index < 10; index++) {
      await attach((await policyOf(index)).arn);
    }
    sandbox.calls.reset();
    await expect(attach((await policyOf(10)).arn)).rejects.toMatchObject({
      name: 'LimitExceededException',
    });
    expect(fates()).toHaveLength(1);

    sandbox.calls.reset();
    const cluster = sandbox.cluster(CLUSTER);
    const name = 'pod-identity-webhook';
    await cluster.change(
      'mutatingwebhookconfigurations',
      undefined,
      name,
      configuration => {
        configuration.webhooks[0].failurePolicy = 'Fail';
      },
    );
    cluster.setWebhook({ down: true });
    await expect(api.dryRunPod('payments', pod('refused'))).rejects.toThrow(
      /failed calling webhook/,
    );
    await cluster.clearTrouble();
    expect(fates()).toHaveLength(1);
  });

  it.each(['lost-answer', 'truncate'] as const)(
    'make a pod and an association once after %s',
    async kind => {
      sandbox.faults.add({
        pattern: 'kubernetes:create pods',
        kind,
        times: 1,
      });
      // With the rights of the portal's own role: it has to read the pod
      const prober = asPortal();
      const made = await (await prober.session(CLUSTER, 'verify').kubernetes())
        .createPod('payments', pod(kind))
        .finally(() => prober.close());
      expect(made.metadata?.uid).toBe(
        sandbox.cluster(CLUSTER).get('pods', 'payments', kind)?.metadata.uid,
      );
      await expect(
        api.createPod('payments', {
          ...pod(kind),
          metadata: { ...pod(kind).metadata, labels: { run: 'another' } },
        }),
      ).rejects.toMatchObject({ kind: 'conflict' });

      sandbox.faults.add({
        pattern: 'eks:CreatePodIdentityAssociation',
        kind,
        times: 1,
      });
      const { association } = await session.aws.eks.send(
        new CreatePodIdentityAssociationCommand({
          clusterName: CLUSTER,
          namespace: 'payments',
          serviceAccount: kind,
          roleArn: known,
          clientRequestToken: kind,
        }),
      );
      expect(
        sandbox.aws.eks
          .associations(CLUSTER)
          .filter(({ serviceAccount }) => serviceAccount === kind)
          .map(({ associationId }) => associationId),
      ).toEqual([association?.associationId]);
    },
  );

  it('get their credentials again, and blame AWS when it gives none', async () => {
    const look = async () => {
      const made = asPortal();
      try {
        return (await made.session(CLUSTER, 'read').describeCluster()).name;
      } catch (error) {
        return toAwsBackstageError(error, { doing: 'look' }).message;
      } finally {
        await made.close();
      }
    };
    const account = 'sts:GetCallerIdentity';
    const role = 'sts:AssumeRole';
    for (const pattern of [account, role]) {
      sandbox.faults.add({ pattern, kind: 'unavailable', times: 4 });
      expect(await look()).toBe(CLUSTER);
      sandbox.faults.clear();
      sandbox.faults.add({ pattern, kind: 'unavailable' });
      expect(await look()).toBe(
        'Could not look. AWS answered ServiceUnavailable: Service is unavailable. This is a fault on the side of AWS: run it again in a minute.',
      );
      sandbox.faults.clear();
    }
  });

  it('are signed with the time of AWS once it has told it', async () => {
    sandbox.faults.skewMs = 10 * 60_000;
    expect((await readRole()).Role?.RoleName).toBe('known');
    expect(fates()).toEqual(['skew', 'none']);
    sandbox.faults.skewMs = 20 * 60_000;
    const refused = await api.readNamespace('payments').catch(error =>
      toKubernetesBackstageError(error, {
        doing: 'look at namespace payments',
        cluster: session.cluster,
      }),
    );
    expect((refused as Error).message).toMatch(
      /Kubernetes answered 401 Unauthorized.* The clock of the portal's host is 20 minutes behind that of the cluster\. Set it right\./,
    );
  });
});
