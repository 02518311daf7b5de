/** @needs aws kubectl */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { startSandbox, type Sandbox, useEndpoint } from 'eks-sandbox';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { portal } from '../clusters/__testUtils__/portal';
import { BOUNDARY } from '../lifecycle/__testUtils__/lifecyclePortal';
import { realBash } from '../verification/__testUtils__/bash';
import {
  addPortalNamespace,
  addTeamCluster,
} from './__testUtils__/adopterAccount';
import {
  CLUSTER,
  adminKubeconfig,
  bareAccount,
} from './__testUtils__/bareAccount';

const ROOT = resolve(__dirname, '../../../..');
const OTHER = 'orders-prod';
const OTHER_ACCOUNT = '444455556666';
const ROLE = 'arn:aws:iam::111122223333:role/backstage-portal';

/** The code blocks of a page below a heading, which stand in a list. */
function blocks(
  heading: string,
  language: string,
  name = 'adopting',
): string[] {
  const page = readFileSync(join(ROOT, `docs/${name}.md`), 'utf8');
  const [, section] = page.split(`\n## ${heading}\n`);
  return [
    ...section.split('\n## ')[0].matchAll(/^ {3}```(\w+)\n([^]*?)^ {3}```/gm),
  ]
    .filter(([, tag]) => tag === language)
    .map(([, , text]) => text.replaceAll('\n   ', '\n').trimStart());
}

/** The blocks as docs/adopting.md has them applied, by the real programs, for a portal that runs in the cluster. */
describe('the principal of a portal on EKS', () => {
  let sandbox: Sandbox;
  let restore: () => void;
  let kubeconfig: string;
  const run = realBash();

  // For each try, should one be retried
  beforeEach(async () => {
    sandbox = await startSandbox({ clusters: [CLUSTER] });
    restore = useEndpoint(sandbox.awsEndpoint);
    await bareAccount(sandbox);
    kubeconfig = await adminKubeconfig(sandbox);
    await addPortalNamespace(sandbox);
    await done('kubectl create serviceaccount another --namespace backstage');
  });
  afterEach(async () => {
    restore();
    await sandbox.stop();
  });

  async function done(
    script: string,
    keys: { accessKeyId: string; secretAccessKey: string } = sandbox.credentials
      .admin,
  ): Promise<string> {
    const ran = await run(
      sandbox,
      keys,
      `cd ${ROOT}
export KUBECONFIG=$HOME/kubeconfig
cat >$KUBECONFIG <<'END'
${kubeconfig}
END
${script}`,
    );
    if (ran.code !== 0) throw new Error(ran.stderr);
    return ran.stdout;
  }

  /** The three roles of the account of the portal, as the section before has them made. */
  const threeRoles = () =>
    done(`
aws cloudformation deploy --region eu-west-1 --stack-name backstage-eks \
  --template-file deploy/cloudformation.yaml --capabilities CAPABILITY_NAMED_IAM \
  --parameter-overrides ClusterName=${CLUSTER} PortalId=portal.example.com PortalPrincipalArn=${ROLE}`);

  /** What a command prints in a new pod of this service account. */
  async function inPod(serviceAccount: string, script: string) {
    const cluster = sandbox.cluster(CLUSTER);
    const name = `portal-${serviceAccount}`;
    await cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'backstage' },
        spec: {
          serviceAccountName: serviceAccount,
          containers: [
            {
              name: 'main',
              image: 'amazon/aws-cli',
              command: ['sleep', 'infinity'],
            },
          ],
        },
      },
    ]);
    await cluster.waitFor(
      'pods',
      'backstage',
      name,
      pod => pod?.status.phase === 'Running',
    );
    return cluster.exec('backstage', name, ['sh', '-c', script]);
  }

  const ASSUME = (role: string) =>
    `aws sts assume-role --role-session-name portal --role-arn ${role}`;
  const READ = 'arn:aws:iam::111122223333:role/backstage-eks-read';

  /** The portal in the pod, whose SDK asks the agent as this does. */
  const CREDENTIALS =
    'curl -s -H "Authorization: $(cat $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)" $AWS_CONTAINER_CREDENTIALS_FULL_URI';

  const USES = ['read', 'verify', 'write'] as const;
  const ALL_ROLES = ['111122223333', OTHER_ACCOUNT].flatMap(account =>
    USES.map(
      use =>
        `arn:aws:sts::${account}:assumed-role/backstage-eks-${use}/backstage-eks-pod-identity`,
    ),
  );

  async function sessionInPod(): Promise<Record<string, string>> {
    const { exitCode, stdout } = await inPod('backstage', CREDENTIALS);
    expect(exitCode).toBe(0);
    return JSON.parse(stdout);
  }

  /** As whom the portal, in its pod, comes to its clusters in both accounts, configured by a block of the section. */
  async function callers(block: number, session: Record<string, string>) {
    const before = { ...process.env };
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: session.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: session.SecretAccessKey,
      AWS_SESSION_TOKEN: session.Token,
    });
    const text = blocks('Several accounts', 'yaml')[block];
    const { aws, eksPodIdentity } = parse(text);
    const { clusters } = portal({
      sandbox,
      aws,
      clusters: [
        {
          name: CLUSTER,
          roles: Object.fromEntries(
            USES.map(use => [use, READ.replace('read', use)]),
          ),
        },
        ...eksPodIdentity.clusters,
      ],
    });
    try {
      const seen = [];
      for (const name of [CLUSTER, OTHER]) {
        for (const use of USES) {
          const { sts } = clusters.session(name, use).aws;
          const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
          seen.push(Arn);
        }
      }
      const cluster = await clusters.session(OTHER, 'read').describeCluster();
      return { cluster, seen };
    } finally {
      await clusters.close();
      delete process.env.AWS_SESSION_TOKEN;
      Object.assign(process.env, before);
    }
  }

  /** The portal by Pod Identity with its three roles, and a cluster in another account. */
  async function inTwoAccounts() {
    await addTeamCluster(sandbox, OTHER, sandbox.credentials.secondAdmin);
    const [byPodIdentity] = blocks('The portal on EKS', 'sh');
    await done(byPodIdentity);
    await threeRoles();
  }

  it('@night assumes the roles of another account directly, by its own alone', async () => {
    const { secondAdmin } = sandbox.credentials;
    await inTwoAccounts();
    const [inItsAccount, inTheOther] = blocks('Several accounts', 'sh');
    await done(inTheOther, secondAdmin);
    const session = await sessionInPod();
    await expect(callers(0, session)).rejects.toThrow(
      /could not assume arn:aws:iam::444455556666:role\/backstage-eks-read.*backstage-portal.* is not authorized.*\. Let the role's trust policy name the portal's own principal, and let that principal call sts:AssumeRole on the role\.$/,
    );
    await done(inItsAccount);
    expect((await callers(0, session)).seen).toEqual(ALL_ROLES);
  });

  it('assumes the three roles by Pod Identity, from its service account alone, in several accounts', async () => {
    const { secondAdmin } = sandbox.credentials;
    await inTwoAccounts();
    const [, , inItsAccount, inTheOther] = blocks('Several accounts', 'sh');
    await done(inItsAccount);
    await done(inTheOther, secondAdmin);

    const { cluster, seen } = await callers(1, await sessionInPod());
    expect(seen).toEqual(ALL_ROLES);
    expect(cluster.arn).toBe(
      `arn:aws:eks:eu-west-1:${OTHER_ACCOUNT}:cluster/${OTHER}`,
    );

    // Another service account does not become the portal, even where an association says so
    sandbox.aws.eks.putAssociation(CLUSTER, {
      namespace: 'backstage',
      serviceAccount: 'another',
      roleArn: ROLE,
    });
    const another = await inPod('another', ASSUME(READ));
    expect(another.exitCode).not.toBe(0);
    expect(another.stderr).toContain(
      'EKS does not have permissions to assume the associated role',
    );

    // Nor does another role of the portal's account enter the landing role
    sandbox.aws.iam.putRole({
      name: 'evil',
      inline: {
        all: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'sts:*', Resource: '*' }],
        },
      },
    });
    const evil = sandbox.aws.iam.sessionOf({
      roleArn: 'arn:aws:iam::111122223333:role/evil',
    });
    for (const role of [ROLE, ROLE.replace('111122223333', OTHER_ACCOUNT)]) {
      expect(
        await run(
          sandbox,
          evil,
          `export AWS_SESSION_TOKEN=${evil.sessionToken}
${ASSUME(role)} --region eu-west-1`,
        ),
      ).toMatchObject({
        code: 254,
        stderr: expect.stringContaining('AccessDenied'),
      });
    }
  });

  it('@night assumes them by IAM roles for service accounts, from its service account alone', async () => {
    const [, byToken] = blocks('The portal on EKS', 'sh');
    await done(
      byToken.replace('SignsInBy=irsa', 'SignsInBy=irsa MakeOidcProvider=yes'),
    );
    await threeRoles();
    const portalPod = await inPod('backstage', ASSUME(READ));
    expect(portalPod).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(portalPod.stdout).AssumedRoleUser.Arn).toBe(
      'arn:aws:sts::111122223333:assumed-role/backstage-eks-read/portal',
    );

    const tokenOf = (serviceAccount: string, audience: string) =>
      sandbox.cluster(CLUSTER).serviceAccountToken({
        namespace: 'backstage',
        serviceAccount,
        audience,
      });
    const exchanged = async (token: string) => {
      const { code, stderr } = await run(
        sandbox,
        { accessKeyId: '', secretAccessKey: '' },
        `aws sts assume-role-with-web-identity --region eu-west-1 --role-arn ${ROLE} \
  --role-session-name try --web-identity-token ${token}`,
      );
      return code === 0 ? 'in' : /\((\w+)\)/.exec(stderr)?.[1];
    };
    expect([
      await exchanged(await tokenOf('backstage', 'sts.amazonaws.com')),
      await exchanged(await tokenOf('another', 'sts.amazonaws.com')),
      await exchanged(await tokenOf('backstage', 'pods.eks.amazonaws.com')),
    ]).toEqual(['in', 'AccessDenied', 'InvalidIdentityToken']);
  });

  it('@night goes from the stack of one cluster to those of several, and keeps the boundary of workloads', async () => {
    const [byPodIdentity] = blocks('The portal on EKS', 'sh');
    await done(byPodIdentity);
    await threeRoles();
    const workload = sandbox.aws.iam.putRole({
      name: 'payments',
      path: '/backstage/',
      boundaryArn: BOUNDARY,
    });
    const [making, deleting] = blocks(
      'From one cluster to several',
      'sh',
      'upgrading',
    );
    await done(making);
    await done(deleting);

    const { iam, eks } = sandbox.aws;
    const named = (prefix: string) =>
      iam.roles().filter(({ arn }) => arn.startsWith(prefix)).length;
    expect(named(READ.replace('read', ''))).toBe(3);
    const NEW = READ.replace('read', 'account-read');
    expect(iam.findRole(READ)).toBeUndefined();
    expect(iam.role(workload.arn).boundaryArn).toBe(BOUNDARY);
    await done(`
aws cloudformation wait stack-delete-complete --region eu-west-1 --stack-name backstage-eks
aws iam get-policy --region eu-west-1 --policy-arn ${BOUNDARY}`);
    expect(
      eks
        .accessEntries(CLUSTER)
        .filter(({ principalArn }) => principalArn.includes('backstage-eks'))
        .map(({ principalArn }) => principalArn.replace(/.*-/, ''))
        .sort(),
    ).toEqual(['read', 'verify', 'write']);
    expect(await inPod('backstage', ASSUME(NEW))).toMatchObject({
      exitCode: 0,
    });
  });
});
