import { serviceTrust } from '../aws/direct/iam';
import { document } from '../aws/policy/document';
import { namespace, deployment, serviceAccount } from '../seed/manifests';
import {
  bothRoads,
  CALLS,
  GO,
  goByIrsa,
  JAVA,
  JAVASCRIPT,
  mountKeys,
  obtainInAnotherCluster,
  PROXY,
  putSecret,
  PYTHON,
  runNearMetadata,
  S3_READ,
  SECRET,
  userKeys,
} from './applicationParts';
import { breaking, Breaking, Scenario } from './scenario';
import { Stage } from './stage';

const allowBuckets = (stage: Stage) =>
  stage.aws.iam.updateRole(stage.role().arn, { attached: [S3_READ] });

/** A scenario whose application may list buckets. */
const application = ({ break: run, ...scenario }: Breaking): Scenario =>
  breaking({
    ...scenario,
    break(stage) {
      allowBuckets(stage);
      return run(stage);
    },
  });

/** Goes by IRSA with the role of the association, which is made while its pods run. */
async function stayWithIrsa(stage: Stage, sdk: string): Promise<void> {
  const { arn } = stage.role();
  stage.aws.iam.updateRole(arn, { trust: bothRoads(stage) });
  const again = stage.dissociate();
  await stage.annotateForIrsa(arn);
  await stage.runApplication(sdk, { calls: CALLS, every: '30m' });
  again();
  // A session of IRSA lasts for an hour: the next one is obtained beside the association.
  await stage.later(2 * 3_600_000);
}

/** Programs in pods, and what AWS records of them. */
export const applicationScenarios: Record<string, Scenario> = {
  'application-uses-identity': application({
    rows: [],
    description: 'Runs a program with boto3 in the pods.',
    shows: 'It obtained the role and calls STS and S3 with it.',
    break: stage => stage.runApplication(PYTHON, { calls: CALLS }),
  }),
  'application-sdk-too-old': application({
    rows: ['31'],
    description: 'Runs a program whose SDK does not know the agent’s address.',
    shows: 'Its pods never ask for the role.',
    break: stage => stage.runApplication('js-v3/3.490.0', { calls: CALLS }),
  }),
  'application-sdk-too-old-becomes-node': application({
    rows: ['31'],
    description:
      'Runs a Java program with an old SDK where pods reach the instance metadata.',
    shows: 'It calls as the node.',
    break(stage) {
      stage.kube.setHopLimit(2);
      return stage.runApplication('java-v2/2.20.0', { calls: CALLS });
    },
  }),
  'application-keys-in-environment': application({
    rows: [],
    description: 'Gives the program the keys of a user by its environment.',
    shows: 'It calls with the keys, which stand in the spec of the pod.',
    break: stage =>
      stage.runApplication(JAVASCRIPT, { calls: CALLS, env: userKeys(stage) }),
  }),
  'application-keys-in-secret': application({
    rows: [],
    description: 'Gives the program all variables of a Secret with keys.',
    shows: 'It calls with keys that its pod’s spec does not show.',
    async break(stage) {
      await putSecret(stage, userKeys(stage));
      await stage.changePods(({ spec }) => {
        for (const container of spec.containers) {
          container.envFrom = [{ secretRef: { name: SECRET } }];
        }
      });
      await stage.runApplication(GO, { calls: CALLS });
    },
  }),
  'application-keys-in-home': application({
    rows: [],
    description: 'Mounts keys at ~/.aws of the program.',
    shows: 'It calls with the keys of the file.',
    break: stage => mountKeys(stage, '/home/app/.aws', { HOME: '/home/app' }),
  }),
  'application-keys-in-file': application({
    rows: [],
    description:
      'Mounts keys at a path that AWS_SHARED_CREDENTIALS_FILE names.',
    shows: 'It calls with the keys of the file.',
    break: stage =>
      mountKeys(stage, '/etc/aws-keys', {
        AWS_SHARED_CREDENTIALS_FILE: '/etc/aws-keys/credentials',
      }),
  }),
  'application-behind-proxy-in-go': application({
    rows: [],
    description: 'Runs a Go program behind a proxy without an exception.',
    shows: 'It asks the proxy for the agent and never obtains the role.',
    break: stage => stage.runApplication(GO, { calls: CALLS, env: PROXY }),
  }),
  'application-behind-proxy-in-python': application({
    rows: [],
    description: 'Runs a Python program behind the same proxy.',
    shows: 'It obtained the role: only Go and Rust ask the proxy.',
    break: stage => stage.runApplication(PYTHON, { calls: CALLS, env: PROXY }),
  }),
  'application-profile-missing-in-python': application({
    rows: [],
    description: 'Names a profile that a Python program does not find.',
    shows: 'It has no credentials at all.',
    break: stage =>
      stage.runApplication(PYTHON, {
        calls: CALLS,
        env: { AWS_PROFILE: 'ledger' },
      }),
  }),
  'application-agent-down-in-java': application({
    rows: [],
    description:
      'Lets the agents refuse connections under a Java program, where pods reach the instance metadata.',
    shows: 'It goes on as the node.',
    break(stage) {
      stage.kube.setAgent('refuse');
      stage.kube.setHopLimit(2);
      return stage.runApplication(JAVA, { calls: CALLS });
    },
  }),
  'application-agent-down-in-go': application({
    rows: [],
    description:
      'Lets the agents refuse connections under a Go program, where pods reach the instance metadata.',
    shows: 'It fails and does not become the node.',
    break(stage) {
      stage.kube.setAgent('refuse');
      stage.kube.setHopLimit(2);
      return stage.runApplication(GO, { calls: CALLS });
    },
  }),
  'application-behind-broken-trust-in-java': application({
    rows: [],
    description:
      'Trusts another service than Pod Identity’s under a Java program, where pods reach the instance metadata.',
    shows: 'EKS Auth refuses, and the program calls as the node.',
    async break(stage) {
      await runNearMetadata(stage);
      stage.aws.iam.updateRole(stage.role().arn, {
        trust: serviceTrust('ec2.amazonaws.com'),
      });
      return stage.runApplication(JAVA, { calls: CALLS });
    },
  }),
  'application-uninjected': application({
    rows: [],
    description:
      'Starts the program before the association is made, where pods reach the instance metadata.',
    shows: 'It calls as the node until it is restarted.',
    async break(stage) {
      stage.kube.setHopLimit(2);
      const again = stage.dissociate();
      await stage.runApplication(PYTHON, { calls: CALLS });
      again();
      await stage.later();
    },
  }),
  'application-still-by-irsa': application({
    rows: [],
    description:
      'Starts the program with IRSA and the same role, and makes the association then.',
    shows: 'The role is still obtained by IRSA under this service account.',
    break: stage => stayWithIrsa(stage, GO),
  }),
  'application-irsa-by-hand': application({
    rows: [],
    description:
      'Sets the variables and the token of IRSA in the pod template itself, beside the association.',
    shows: 'The program goes by IRSA, with the same role.',
    break: stage => goByIrsa(stage, GO),
  }),
  'application-role-shared': application({
    rows: [],
    description:
      'Gives the role to a service account of another namespace too, whose program uses it.',
    shows: 'Pods of two namespaces obtained the role.',
    async break(stage) {
      await stage.runApplication(PYTHON, { calls: CALLS });
      const other = new Stage(stage.context, {
        ...stage.identity,
        namespace: 'team-other',
        serviceAccount: 'report-reader',
      });
      other.associate(stage.role().arn);
      await other.kube.apply([
        namespace(other.namespace),
        serviceAccount(other.namespace, other.name),
        deployment(other.namespace, other.name),
      ]);
      await other.rolledOut();
      await other.runApplication(JAVA, { calls: CALLS });
    },
  }),
  'application-never-used': application({
    rows: [],
    description:
      'Makes role and association four months older; their pods never call AWS.',
    shows: 'No pod ever asked for the role.',
    async break(stage) {
      // A pod that starts later has not been seen yet, which is another thing
      await stage.rolledOut();
      for (const made of [stage.role(), stage.association()]) {
        made.createdAt -= 120 * 86_400_000;
      }
    },
  }),
  'application-denied': breaking({
    rows: [],
    description: 'Runs a program that is not allowed to do what it tries.',
    shows: 'AWS denies it to list buckets.',
    break(stage) {
      stage.aws.iam.updateRole(stage.role().arn, { attached: [], inline: {} });
      return stage.runApplication(JAVASCRIPT, { calls: CALLS });
    },
  }),
  'application-tags-off': application({
    rows: [],
    description: 'Turns the session tags off.',
    shows: 'The role is obtained; nothing tells by which service account.',
    break(stage) {
      stage.updateAssociation({ disableSessionTags: true });
      return stage.runApplication(PYTHON, { calls: CALLS });
    },
  }),
  'application-with-target-role': application({
    rows: [],
    description: 'Lets the program go on to a target role.',
    shows: 'Both roles were obtained, one after the other.',
    break(stage) {
      const { arn } = stage.role();
      const hop = {
        Effect: 'Allow' as const,
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      };
      const target = stage.aws.iam.putRole({
        name: `${stage.name}-target`,
        trust: document({ ...hop, Principal: { AWS: arn } }),
        attached: [S3_READ],
      });
      stage.aws.iam.updateRole(arn, {
        inline: { 'go-on': document({ ...hop, Resource: target.arn }) },
      });
      stage.updateAssociation({ targetRoleArn: target.arn });
      return stage.runApplication(PYTHON, { calls: CALLS });
    },
  }),
  'application-role-of-two-clusters': application({
    rows: [],
    description:
      'Lets a pod of another cluster, under a service account of the same name, obtain the role too.',
    shows: 'Each cluster counts only its own pods.',
    async break(stage) {
      await stage.runApplication(PYTHON, { calls: CALLS });
      obtainInAnotherCluster(stage);
    },
  }),
  'application-events-late': application({
    rows: [],
    description: 'Lets CloudTrail show events after fifteen minutes only.',
    shows: 'The program uses the role; no event tells it yet.',
    break(stage) {
      stage.context.core.delays.cloudTrail = 900_000;
      return stage.runApplication(PYTHON, { calls: CALLS });
    },
  }),
};
