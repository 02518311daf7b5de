/** @needs kubectl */
import { POD_IDENTITY_TRUST } from '../../aws/direct/iam';
import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';

const LAB = `
apiVersion: v1
kind: ServiceAccount
metadata:
  name: pod-id-sa
  namespace: default
---
apiVersion: v1
kind: Pod
metadata:
  name: aws-cli-pod-identity
  namespace: default
spec:
  serviceAccountName: pod-id-sa
  containers:
  - name: aws-cli
    image: amazon/aws-cli:latest
    command: ["sleep", "3600"]
  restartPolicy: Never
`;

describe('the real kubectl', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster();
    const role = cluster.aws.iam.putRole({
      name: 'EKSPodIdentityS3Role',
      trust: POD_IDENTITY_TRUST,
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    });
    cluster.aws.eks.putAssociation('demo', {
      namespace: 'default',
      serviceAccount: 'pod-id-sa',
      roleArn: role.arn,
    });
  });

  afterAll(() => cluster.stop());

  it('lists namespaces', async () => {
    const { code, stdout, stderr } = await cluster.kubectl(['get', 'ns']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^NAME +STATUS +AGE$/m);
    expect(stdout).toMatch(/^kube-system +Active +\d+s$/m);
  });

  it('follows the lab: the pod gets the identity of its service account', async () => {
    const applied = await cluster.kubectl(['apply', '-f', '-'], { input: LAB });
    expect(applied.stderr).toBe('');
    expect(applied.stdout).toBe(
      'serviceaccount/pod-id-sa created\npod/aws-cli-pod-identity created\n',
    );
    const waited = await cluster.kubectl([
      'wait',
      '--for=condition=Ready',
      'pod/aws-cli-pod-identity',
      '--timeout=10s',
    ]);
    expect(waited.stdout).toBe('pod/aws-cli-pod-identity condition met\n');

    const identity = await cluster.kubectl([
      'exec',
      'aws-cli-pod-identity',
      '--',
      'aws',
      'sts',
      'get-caller-identity',
    ]);
    expect(identity.stderr).toBe('');
    expect(JSON.parse(identity.stdout).Arn).toMatch(
      /^arn:aws:sts::111122223333:assumed-role\/EKSPodIdentityS3Role\/eks-demo-aws-cli-po-/,
    );
    const again = await cluster.kubectl(['apply', '-f', '-'], { input: LAB });
    expect(again.stdout).toBe(
      'serviceaccount/pod-id-sa unchanged\npod/aws-cli-pod-identity unchanged\n',
    );
    const gone = await cluster.kubectl(['delete', '-f', '-'], { input: LAB });
    expect(gone.stdout).toContain('pod "aws-cli-pod-identity" deleted');
    expect(
      cluster.handle.get('pods', 'default', 'aws-cli-pod-identity'),
    ).toBeUndefined();
    expect(cluster.lines).toEqual([]);
  });
});
