/** @needs aws kubectl */
// @slow
import { execFile } from 'child_process';
import { mkdtemp, rm, writeFile } from 'fs/promises';
import { tmpdir } from 'os';
import { join } from 'path';
import { promisify } from 'util';
import { PATIENCE_MS } from '../../patience';
import { aws, kubectl, toolsPath } from '../__testUtils__/tools';
import { Sandbox, startSandbox } from '../index';

const CLUSTER = 'my-eks-cluster';
const REGION = 'us-east-1';
const run = promisify(execFile);

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

/** A user's shell, with only their tools and keys: it inherits no other environment. */
class Shell {
  constructor(
    private readonly directory: string,
    private readonly sandbox: Sandbox,
  ) {}

  get env(): Record<string, string> {
    const { accessKeyId, secretAccessKey } = this.sandbox.credentials.admin;
    return {
      PATH: toolsPath(),
      HOME: this.directory,
      TERM: 'xterm',
      AWS_PAGER: '',
      AWS_ENDPOINT_URL: this.sandbox.awsEndpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: 'true',
      CLUSTER_NAME: CLUSTER,
      KUBECONFIG: join(this.directory, 'kubeconfig'),
    };
  }

  async sh(line: string, extra: Record<string, string> = {}): Promise<Answer> {
    try {
      const { stdout, stderr } = await run('/bin/bash', ['-c', line], {
        cwd: this.directory,
        env: { ...this.env, ...extra },
        timeout: 2 * PATIENCE_MS,
      });
      return { code: 0, stdout, stderr };
    } catch (error: any) {
      return {
        code: typeof error.code === 'number' ? error.code : 1,
        stdout: error.stdout ?? '',
        stderr: error.stderr ?? String(error),
      };
    }
  }

  /** Runs a command that must succeed. */
  async ok(line: string): Promise<string> {
    const answer = await this.sh(line);
    if (answer.code !== 0) {
      throw new Error(`"${line}" ended with ${answer.code}: ${answer.stderr}`);
    }
    return answer.stdout;
  }

  /** Runs a command on a terminal, which "-it" needs. */
  async tty(line: string): Promise<string> {
    const quoted = line.replace(/'/g, `'\\''`);
    const text = await this.ok(`script -qefc '${quoted}' /dev/null </dev/null`);
    return text.replace(/\r/g, '');
  }
}

const TRUST = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": { "Service": "pods.eks.amazonaws.com" },
            "Action": [ "sts:AssumeRole", "sts:TagSession" ]
        }
    ]
}
`;

const manifest = (pod: string) => `apiVersion: v1
kind: ServiceAccount
metadata:
  name: pod-id-sa
  namespace: default
---
apiVersion: v1
kind: Pod
metadata:
  name: ${pod}
  namespace: default
spec:
  serviceAccountName: pod-id-sa
  containers:
  - name: aws-cli
    image: amazon/aws-cli:latest
    command: ["sleep", "3600"]
  restartPolicy: Never
`;

describe('the lab, command by command, with the real aws and kubectl', () => {
  let sandbox: Sandbox;
  let directory: string;
  let shell: Shell;

  beforeAll(async () => {
    const versions = [
      (await run(aws(), ['--version'])).stdout.trim(),
      (await run(kubectl(), ['version', '--client'])).stdout.split('\n')[0],
    ];
    process.stdout.write(`lab: ${aws()} ${versions[0]}\n`);
    process.stdout.write(`lab: ${kubectl()} ${versions[1]}\n`);
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lab-'));
    sandbox = await startSandbox({ clusters: [] });
    sandbox.aws.putBucket({ name: 'team-receipts' });
    const cluster = await sandbox.createCluster({
      name: CLUSTER,
      region: REGION,
    });
    sandbox.aws.eks.putAccessEntry(cluster, {
      principalArn: sandbox.credentials.admin.arn,
      policies: [{ name: 'AmazonEKSClusterAdminPolicy' }],
    });
    shell = new Shell(directory, sandbox);
    await writeFile(join(directory, 'trust-policy.json'), TRUST);
    await writeFile(
      join(directory, 'test-pod-identity.yaml'),
      manifest('aws-cli-pod-identity'),
    );
    await shell.ok(`aws eks update-kubeconfig --name $CLUSTER_NAME`);
  });

  afterEach(async () => {
    await sandbox.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function upToTheAssociation() {
    await shell.ok(
      'aws eks create-addon --cluster-name $CLUSTER_NAME --addon-name eks-pod-identity-agent',
    );
    await sandbox.clock.advance(sandbox.delays.addon + 60_000);
    await shell.ok(
      'aws eks wait addon-active --cluster-name $CLUSTER_NAME --addon-name eks-pod-identity-agent',
    );
    const roleArn = (
      await shell.ok(
        `aws iam create-role --role-name EKSPodIdentityS3Role --assume-role-policy-document file://trust-policy.json --query 'Role.Arn' --output text`,
      )
    ).trim();
    expect(roleArn).toBe(
      `arn:aws:iam::${sandbox.accountId}:role/EKSPodIdentityS3Role`,
    );
    await shell.ok(
      'aws iam attach-role-policy --role-name EKSPodIdentityS3Role --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
    );
    await sandbox.clock.advance(sandbox.delays.iam);
    await shell.ok(
      `aws eks create-pod-identity-association --cluster-name $CLUSTER_NAME --role-arn ${roleArn} --namespace default --service-account pod-id-sa`,
    );
    return roleArn;
  }

  async function untilRunning(pod: string) {
    await sandbox.clock.advance(sandbox.delays.podStart + 5_000);
    await shell.ok(
      `kubectl wait --for=condition=Ready pod/${pod} --timeout=30s`,
    );
  }

  async function verifyFromInside(pod: string) {
    expect(
      await shell.tty(`kubectl exec -it ${pod} -- aws sts get-caller-identity`),
    ).toMatch(
      new RegExp(
        `"Arn": "arn:aws:sts::${sandbox.accountId}:assumed-role/EKSPodIdentityS3Role/eks-my-eks-clu-aws-cli-po-[0-9a-f-]{36}"`,
      ),
    );
    expect(await shell.tty(`kubectl exec -it ${pod} -- aws s3 ls`)).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d team-receipts$/m,
    );
    const env = await shell.tty(
      `kubectl exec -it ${pod} -- env | grep AWS_CONTAINER_AUTHORIZATION_TOKEN`,
    );
    // By line: kubectl writes a line of its own where the other side closes the connection first
    expect(env).toMatch(
      /^AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=\/var\/run\/secrets\/pods\.eks\.amazonaws\.com\/serviceaccount\/eks-pod-identity-token\s*$/m,
    );
  }

  async function teardown() {
    await shell.ok('kubectl delete -f test-pod-identity.yaml');
    const id = (
      await shell.ok(
        `aws eks list-pod-identity-associations --cluster-name $CLUSTER_NAME --namespace default --service-account pod-id-sa --query 'associations[0].associationId' --output text`,
      )
    ).trim();
    await shell.ok(
      `aws eks delete-pod-identity-association --cluster-name $CLUSTER_NAME --association-id ${id}`,
    );
    await shell.ok(
      'aws iam detach-role-policy --role-name EKSPodIdentityS3Role --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
    );
    await shell.ok('aws iam delete-role --role-name EKSPodIdentityS3Role');
    await shell.ok(
      'aws eks delete-addon --cluster-name $CLUSTER_NAME --addon-name eks-pod-identity-agent',
    );
    await sandbox.clock.advance(sandbox.delays.addon + 60_000);
    expect(
      JSON.parse(
        await shell.ok(
          'aws eks list-pod-identity-associations --cluster-name $CLUSTER_NAME',
        ),
      ),
    ).toEqual({ associations: [] });
    expect(
      (await shell.sh('aws iam get-role --role-name EKSPodIdentityS3Role'))
        .stderr,
    ).toContain(
      'An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name EKSPodIdentityS3Role cannot be found.',
    );
    expect(
      JSON.parse(
        await shell.ok('aws eks list-addons --cluster-name $CLUSTER_NAME'),
      ),
    ).toEqual({ addons: [] });
  }

  it('works with propagation off', async () => {
    await upToTheAssociation();
    expect(await shell.ok('kubectl apply -f test-pod-identity.yaml')).toBe(
      'serviceaccount/pod-id-sa created\npod/aws-cli-pod-identity created\n',
    );
    await untilRunning('aws-cli-pod-identity');
    expect(await shell.ok('kubectl get pods aws-cli-pod-identity')).toMatch(
      /aws-cli-pod-identity\s+1\/1\s+Running\s+0/,
    );
    await verifyFromInside('aws-cli-pod-identity');
    await teardown();
  });

  it('@night shows propagation delays as EKS does', async () => {
    sandbox.clock.setRate(0);
    sandbox.delays.association = 10_000;
    await upToTheAssociation();
    await shell.ok('kubectl apply -f test-pod-identity.yaml');
    await untilRunning('aws-cli-pod-identity');
    // The pod has been admitted, which is what matters; the clock may now run for the waits inside the pod.
    sandbox.clock.setRate(1);
    const early = await shell.sh(
      'kubectl exec aws-cli-pod-identity -- aws sts get-caller-identity',
    );
    expect(early.code).toBe(253);
    expect(early.stderr).toContain(
      'Unable to locate credentials. You can configure credentials by running "aws configure".',
    );

    await sandbox.clock.advance(10_000);
    await writeFile(
      join(directory, 'late.yaml'),
      manifest('aws-cli-pod-later'),
    );
    await shell.ok('kubectl apply -f late.yaml');
    await untilRunning('aws-cli-pod-later');
    await verifyFromInside('aws-cli-pod-later');
    expect(
      (
        await shell.sh(
          'kubectl exec aws-cli-pod-identity -- aws sts get-caller-identity',
        )
      ).code,
    ).toBe(253);
  });

  it('@night decides S3 access by the stored policies', async () => {
    await upToTheAssociation();
    await shell.ok('kubectl apply -f test-pod-identity.yaml');
    await untilRunning('aws-cli-pod-identity');
    const list = () =>
      shell.sh('kubectl exec aws-cli-pod-identity -- aws s3 ls');
    expect((await list()).code).toBe(0);
    await shell.ok(
      'aws iam detach-role-policy --role-name EKSPodIdentityS3Role --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
    );
    const denied = await list();
    expect(denied.code).toBe(254);
    expect(denied.stderr).toContain(
      'is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action',
    );
  });

  it('@night answers other common kubectl commands', async () => {
    await shell.ok('kubectl create -f test-pod-identity.yaml');
    await untilRunning('aws-cli-pod-identity');
    expect(await shell.ok('kubectl auth can-i create pods')).toBe('yes\n');
    expect(await shell.ok('kubectl auth whoami')).toContain(
      sandbox.credentials.admin.arn,
    );
    const described = await shell.ok(
      'kubectl describe pod aws-cli-pod-identity',
    );
    expect(described).toMatch(/Service Account:\s+pod-id-sa/);
    expect(described).toMatch(/Normal\s+Started/);
    expect(
      await shell.ok(
        'kubectl run x --image=busybox --dry-run=server -o yaml --overrides=\'{"spec":{"serviceAccountName":"pod-id-sa"}}\'',
      ),
    ).toContain('serviceAccountName: pod-id-sa');
    expect(await shell.ok('kubectl get pods -o name')).toBe(
      'pod/aws-cli-pod-identity\n',
    );
    expect(
      await shell.ok(
        'kubectl apply --server-side --force-conflicts -f test-pod-identity.yaml',
      ),
    ).toContain('pod/aws-cli-pod-identity serverside-applied');
    await shell.ok('kubectl create deployment web --image=nginx --replicas=2');
    await sandbox.clock.advance(30_000);
    await shell.ok('kubectl rollout status deployment/web --timeout=20s');
    const before = await shell.ok('kubectl get pods -l app=web -o name');
    await shell.ok('kubectl rollout restart deployment/web');
    await sandbox.clock.advance(60_000);
    await shell.ok('kubectl rollout status deployment/web --timeout=20s');
    const after = await shell.ok('kubectl get pods -l app=web -o name');
    expect(after.split('\n')).toHaveLength(3);
    expect(before.split('\n').filter(Boolean)).not.toEqual(
      expect.arrayContaining([after.split('\n')[0]]),
    );
    expect(
      await shell.ok(
        'kubectl logs deployment/web --tail=5 >/dev/null && echo read',
      ),
    ).toBe('read\n');
  });

  it('@night refuses as AWS does', async () => {
    const get = 'aws sts get-caller-identity';
    expect(
      (await shell.sh(get, { AWS_SECRET_ACCESS_KEY: 'wrong' })).stderr,
    ).toContain('(SignatureDoesNotMatch)');
    expect(
      (await shell.sh(get, { AWS_ACCESS_KEY_ID: 'AKIAXXXXXXXXXXXXXXXX' }))
        .stderr,
    ).toContain('(InvalidClientTokenId)');
    const unknown = await shell.sh('aws eks describe-cluster --name nowhere');
    expect(unknown.code).toBe(254);
    expect(unknown.stderr).toContain(
      'An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: nowhere.',
    );
    const stranger = await shell.sh('kubectl get ns', {
      AWS_SECRET_ACCESS_KEY: 'wrong',
    });
    expect(stranger.code).toBe(1);
    expect(stranger.stderr).toContain('You must be logged in to the server');
  });
});
