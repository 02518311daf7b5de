import { sample } from 'eks-sandbox/patience/sample';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  headingAnchor,
  type SetupAnswer,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  BOUNDARY_NAME,
  startSandbox,
  type Sandbox,
  type Statement,
  useEndpoint,
} from 'eks-sandbox';
import { parseAllDocuments } from 'yaml';
import { version } from '../../package.json';
import { portal, type PortalOptions } from '../clusters/__testUtils__/portal';
import { connectionTo } from '../kubernetes/__testUtils__/connectionTo';
import { boundaryPolicy } from '../aws/workloadBoundary';
import { evidencePolicy, readingPolicy } from '../aws/portalRights';
import type { KubernetesRight } from '../verification/framework/rights';
import { artefactsOf } from './answers';
import { tryReads } from './awsReads';
import { checkSetup } from './checkSetup';
import { IN_CLUSTER, IN_NAMESPACE } from './kubernetesRights';

const read = (path: string) =>
  readFileSync(resolve(__dirname, '../../../..', path), 'utf8');

const CLUSTER = 'payments-prod';
const BOUNDARY = `arn:aws:iam::111122223333:policy/${BOUNDARY_NAME}`;

let sandbox: Sandbox;
let restore: () => void;
beforeAll(async () => {
  sandbox = await startSandbox({ clusters: [CLUSTER] });
  restore = useEndpoint(sandbox.awsEndpoint);
});
afterAll(async () => {
  restore();
  await sandbox.stop();
});

type Role = 'read' | 'verify' | 'write';

/** A portal that is set up by the book, and how it differs from that. */
interface Portal {
  keys?: PortalOptions['keys'];
  cluster?: Record<string, unknown>;
  section?: Record<string, unknown>;
  kubernetesAccess?: PortalOptions['kubernetesAccess'];
  namespaces?: string[];
  /** Where the portal runs, in this cluster unless something else is said. */
  ownNamespace?: string;
  ofAnotherCluster?: boolean;
}

async function withPortal<T>(
  given: Portal,
  work: (made: ReturnType<typeof portal>) => Promise<T>,
): Promise<T> {
  const { backstage, roles } = sandbox.credentials;
  const made = portal({
    sandbox,
    keys: given.keys ?? backstage,
    clusters: [{ name: CLUSTER, id: CLUSTER, roles, ...given.cluster }],
    kubernetesAccess: given.kubernetesAccess,
    section: {
      role: { permissionsBoundaryArn: BOUNDARY },
      pacing: { eksPerSecond: 1000, iamPerSecond: 1000, burst: 1000 },
      timings: { retryPause: 1 },
      ...given.section,
    },
  });
  return work(made).finally(() => made.clusters.close());
}

const certificate = ({ ofAnotherCluster }: Portal) =>
  ofAnotherCluster
    ? 'of another'
    : connectionTo(sandbox, CLUSTER, sandbox.credentials.admin).ca.trim();

const look = (given: Portal = {}): Promise<SetupAnswer[]> =>
  withPortal(given, ({ clusters, config }) =>
    checkSetup(
      {
        cluster: clusters.get(CLUSTER),
        roles: ['read', 'verify', 'write'],
        namespaces: given.namespaces ?? ['payments'],
      },
      {
        clusters,
        config,
        readOwnFile: name =>
          name === 'namespace' ? given.ownNamespace : certificate(given),
      },
    ),
  );

const said = ({ role, subject, status, message }: SetupAnswer) =>
  `${status === 'unknown' ? '? ' : ''}${role} ${subject}: ${message}`;
const gapsOf = (answers: SetupAnswer[]) =>
  answers.filter(({ status }) => status !== 'pass').map(said);

const policiesOf = (use: Role): Record<string, any> =>
  Object.fromEntries(
    Object.entries(
      sandbox.aws.iam.role(sandbox.credentials.roles[use]).inline,
    ).map(([name, text]) => [name, JSON.parse(text)]),
  );

/** Gives the boundary other statements. */
function limitTo(statements: Statement[]): void {
  sandbox.aws.iam.putPolicy({
    name: BOUNDARY_NAME,
    document: { Version: '2012-10-17', Statement: statements },
  });
}

/** Rewrites the statements of a role's policies. */
function rewrite(use: Role, change: (statement: any) => any[]): void {
  const inline = policiesOf(use);
  for (const document of Object.values(inline)) {
    document.Statement = document.Statement.flatMap(change);
  }
  for (const [name, { Statement }] of Object.entries(inline)) {
    if (Statement.length === 0) delete inline[name];
  }
  sandbox.aws.iam.updateRole(sandbox.credentials.roles[use], { inline });
}

const without =
  (...actions: string[]) =>
  (statement: any) => {
    const left = [statement.Action]
      .flat()
      .filter(one => !actions.includes(one));
    return left.length ? [{ ...statement, Action: left }] : [];
  };

const EDITS = {
  guardrails: {
    roles: { adopt: [], editTrust: ['arn:aws:iam::111122223333:role/*'] },
  },
};

/** Takes the groups of the portal out of bindings that give them a ClusterRole. */
async function unbind(...uses: Role[]): Promise<void> {
  const kube = sandbox.cluster(CLUSTER);
  for (const use of uses) {
    const name = `backstage-eks-pod-identity-${use}`;
    await kube.delete('clusterrolebindings', undefined, name);
    await kube.delete('rolebindings', 'payments', name);
  }
}

const objectsOf = (yaml: string): any[] =>
  parseAllDocuments(yaml).map(document => document.toJS());

/** By the book: the policies, the right to see them, and the role that verifies bound in its namespace alone. */
async function bindByTheBook(): Promise<void> {
  await unbind('verify');
  const ofFile = objectsOf(read('deploy/rbac.yaml'));
  await sandbox
    .cluster(CLUSTER)
    .apply([
      ...ofFile.filter(
        ({ kind, metadata }) =>
          metadata.name.endsWith('-policies') ||
          (kind === 'RoleBinding' && metadata.name.endsWith('-verify')),
      ),
      ...objectsOf(read('deploy/admission-policies.yaml')),
    ]);
}

/** Changes an object of the cluster that deploy/admission-policies.yaml made. */
async function changePolicy(
  kind: string,
  name: string,
  change: (spec: any) => void,
) {
  const made = objectsOf(read('deploy/admission-policies.yaml')).find(
    one => one.kind === kind && one.metadata.name.endsWith(name),
  );
  change(made.spec);
  await sandbox.cluster(CLUSTER).apply([made]);
}
const POLICY = 'ValidatingAdmissionPolicy';
const OWN = 'backstage-eks-pod-identity-';

/** Takes away the optional right to read the policies. */
const hidePolicies = () =>
  sandbox
    .cluster(CLUSTER)
    .delete('clusterrolebindings', undefined, `${OWN}policies`);

/** As a ClusterRoleBinding does, against the advice. */
async function bindEverywhere(): Promise<void> {
  await sandbox.cluster(CLUSTER).apply([
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `${OWN}verify` },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: `${OWN}verify`,
      },
      subjects: [
        {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'Group',
          name: 'backstage-verifiers',
        },
      ],
    },
  ]);
}

const VERIFY_RIGHTS =
  'create pods in payments, get pods in payments, watch pods in payments, delete pods in payments, list events in payments';

/** Each setup is broken at one place or at several; all that it lacks is said in one run. */
const BROKEN: {
  name: string;
  portal?: () => Portal;
  breaks?: () => void | Promise<void>;
  gaps: (string | RegExp)[];
}[] = [
  { name: 'nothing', gaps: [] },
  {
    name: 'keys that AWS does not know',
    portal: () => ({
      keys: { ...sandbox.credentials.backstage, secretAccessKey: 'other' },
    }),
    gaps: [
      /^read role: The portal has no AWS credentials for account 111122223333 .*SignatureDoesNotMatch(?!.*name roles)/,
      /^verify role: /,
      /^write role: /,
      /^\? write changing: Not tried, because the role that reads could not ask/,
    ],
  },
  {
    name: 'a principal that may assume nothing',
    portal: () => ({ keys: sandbox.credentials.nobody }),
    gaps: [
      /^read role: The portal could not assume .*backstage-eks-read.*\(AccessDenied/,
      /^verify role: /,
      /^write role: /,
      /^\? write changing: /,
    ],
  },
  {
    name: 'a role that trusts another principal',
    breaks: () => {
      sandbox.aws.iam.updateRole(sandbox.credentials.roles.write, {
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'ec2.amazonaws.com' },
              Action: 'sts:AssumeRole',
            },
          ],
        },
      });
    },
    gaps: [/^write role: The portal could not assume/],
  },
  {
    name: 'a role that was never made',
    breaks: () => sandbox.aws.iam.deleteRole(sandbox.credentials.roles.verify),
    gaps: [
      'verify role: There is no role arn:aws:iam::111122223333:role/portal/backstage-eks-verify.',
    ],
  },
  {
    name: 'a reading policy without two of its rights',
    breaks: () => rewrite('read', without('iam:GetRole', 'eks:ListNodegroups')),
    gaps: ['read reading: AWS denies eks:ListNodegroups, iam:GetRole.'],
  },
  {
    name: 'no policy for changing',
    breaks: () =>
      rewrite('write', statement =>
        /^(Create|Change)Associations$/.test(statement.Sid) ||
        statement.Sid.includes('Agent')
          ? []
          : [statement],
      ),
    gaps: [
      'write changing: AWS would deny eks:CreatePodIdentityAssociation, eks:DeletePodIdentityAssociation, eks:TagResource, eks:UpdatePodIdentityAssociation.',
    ],
  },
  {
    name: 'a policy for another boundary',
    breaks: () =>
      rewrite('write', statement =>
        /OnlyWithTheBoundary$/.test(statement.Sid)
          ? [
              {
                ...statement,
                Condition: {
                  StringEquals: {
                    'iam:PermissionsBoundary': `${BOUNDARY}-old`,
                  },
                },
              },
            ]
          : [statement],
      ),
    gaps: [
      'write changing: AWS would deny iam:AttachRolePolicy, iam:CreateRole, iam:DeleteRolePolicy, iam:DetachRolePolicy, iam:PutRolePermissionsBoundary, iam:PutRolePolicy.',
    ],
  },
  {
    name: 'a policy for another path',
    portal: () => ({
      section: {
        role: { permissionsBoundaryArn: BOUNDARY, path: '/apps/' },
      },
    }),
    gaps: [
      /^write changing: AWS would deny iam:AttachRolePolicy, iam:CreateRole, .*iam:PassRole.*iam:UpdateRole\.$/,
      /^write boundary: .*: sts:AssumeRole on arn:aws:iam::111122223333:role\/apps\/\*\.$/,
    ],
  },
  {
    name: 'a policy without the condition',
    breaks: () =>
      rewrite('write', ({ Condition, ...statement }) => [
        {
          ...statement,
          ...(/OnlyWithTheBoundary$/.test(statement.Sid) ? {} : { Condition }),
        },
      ]),
    gaps: [
      'write changing: The role may do more than it should: iam:AttachRolePolicy, iam:CreateRole, iam:DeleteRolePolicy, iam:DetachRolePolicy, iam:PutRolePermissionsBoundary, iam:PutRolePolicy on roles without the boundary; iam:AttachRolePolicy, iam:DeleteRolePolicy, iam:DetachRolePolicy, iam:PutRolePermissionsBoundary, iam:PutRolePolicy on what it did not make.',
    ],
  },
  {
    name: 'a policy of before the tag of the portal',
    breaks: () =>
      rewrite('write', ({ Condition = {}, ...statement }) => {
        const { 'iam:PermissionsBoundary': bound, ...others } =
          Condition.StringEquals ?? {};
        return [
          {
            ...statement,
            Condition: {
              StringEquals: bound
                ? { 'iam:PermissionsBoundary': bound }
                : others,
            },
          },
        ];
      }),
    gaps: [
      'write changing: The role may do more than it should: eks:DeletePodIdentityAssociation, eks:TagResource, eks:UpdatePodIdentityAssociation, iam:AttachRolePolicy, iam:DeleteRole, iam:DeleteRolePolicy, iam:DetachRolePolicy, iam:PutRolePermissionsBoundary, iam:PutRolePolicy, iam:TagRole, iam:UpdateAssumeRolePolicy, iam:UpdateRole on what it did not make.',
    ],
  },
  {
    name: 'a policy for another portal',
    breaks: () =>
      rewrite('write', statement => [
        JSON.parse(
          JSON.stringify(statement).replace(
            /("aws:Re(?:source|quest)Tag[^"]*":)"\*"/g,
            '$1"other.example"',
          ),
        ),
      ]),
    gaps: [
      /^write changing: AWS would deny eks:DeletePodIdentityAssociation, .*iam:CreateRole, .*iam:UpdateRole\.$/,
    ],
  },
  {
    name: 'roles below the path that nothing limits',
    breaks: () => {
      for (let i = 10; i < 22; i++) {
        sandbox.aws.iam.putRole({ name: `by-hand-${i}`, path: '/backstage/' });
      }
    },
    gaps: [
      'write roles: 12 roles below /backstage/ have no permissions boundary: by-hand-10, by-hand-11, by-hand-12, by-hand-13, by-hand-14, by-hand-15, by-hand-16, by-hand-17, by-hand-18, by-hand-19, and 2 more. 12 roles there do not carry backstage.io/portal=portal.example.com, so AWS lets none of them be changed: by-hand-10, by-hand-11, by-hand-12, by-hand-13, by-hand-14, by-hand-15, by-hand-16, by-hand-17, by-hand-18, by-hand-19, and 2 more.',
    ],
  },
  {
    name: 'no right to list roles',
    breaks: () =>
      rewrite('read', without('iam:GetAccountAuthorizationDetails')),
    gaps: [
      '? write roles: Not looked at: AWS does not let the role that reads list the roles below /backstage/ (iam:GetAccountAuthorizationDetails).',
    ],
  },
  {
    name: 'a service control policy above the account',
    breaks: () =>
      sandbox.aws.iam.setServiceControlPolicies({
        documents: [
          {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: '*', Resource: '*' },
              { Effect: 'Deny', Action: 'iam:CreateRole', Resource: '*' },
            ],
          },
        ],
      }),
    gaps: ['write changing: AWS would deny iam:CreateRole.'],
  },
  {
    name: 'no right to simulate',
    breaks: () => rewrite('read', without('iam:SimulatePrincipalPolicy')),
    gaps: [
      '? write changing: Not tried: AWS does not let the role that reads simulate changes (iam:SimulatePrincipalPolicy).',
    ],
  },
  {
    name: 'trust policies to edit, and no right to',
    portal: () => ({ section: EDITS }),
    gaps: ['write changing: AWS would deny iam:UpdateAssumeRolePolicy.'],
  },
  {
    name: 'trust policies to edit, of every role',
    portal: () => ({ section: EDITS }),
    breaks: () => {
      const moving = {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'iam:UpdateAssumeRolePolicy',
            Resource: 'arn:aws:iam::111122223333:role/*',
          },
        ],
      };
      sandbox.aws.iam.updateRole(sandbox.credentials.roles.write, {
        inline: { ...policiesOf('write'), moving: moving as any },
      });
    },
    gaps: [
      /^write changing: The role may do more than it should: iam:UpdateAssumeRolePolicy on what it did not make; iam:UpdateAssumeRolePolicy on roles that their owner did not tag for it\.$/,
    ],
  },
  {
    name: 'no boundary in the configuration',
    portal: () => ({ section: { role: {} } }),
    gaps: [
      'write boundary: No boundary is configured, so that the documented write role may create no role.',
    ],
  },
  {
    name: 'a boundary that was never made',
    portal: () => ({
      section: { role: { permissionsBoundaryArn: `${BOUNDARY}-new` } },
    }),
    gaps: [
      /^write changing: AWS would deny iam:AttachRolePolicy/,
      `write boundary: The boundary ${BOUNDARY}-new does not exist.`,
    ],
  },
  {
    name: 'a boundary that denies less than the documented one',
    breaks: () =>
      limitTo([
        { Effect: 'Allow', Action: '*', Resource: '*' },
        { Effect: 'Deny', Action: ['iam:*', 'account:*'], Resource: '*' },
        {
          Effect: 'Deny',
          Action: 'sts:AssumeRole',
          Resource: 'arn:aws:iam::111122223333:role/portal/*',
        },
      ]),
    gaps: [
      `write boundary: The boundary ${BOUNDARY} does not deny all that the documented one denies: eks:*, eks-auth:*, organizations:*, sso:*, sts:AssumeRole on arn:aws:iam::111122223333:role/backstage/*.`,
    ],
  },
  {
    name: 'a boundary that names actions which reach other roles',
    breaks: () =>
      limitTo([
        ...boundaryPolicy({
          partition: 'aws',
          accountId: '111122223333',
          rolePath: '/backstage/',
          portalRolesPrefix: 'portal/backstage-eks',
        }).Statement,
        {
          Effect: 'Allow',
          Action: [
            'lambda:UPDATEFunctionCode',
            'ssm:SendCommand',
            'iam:PassRole',
          ],
          Resource: '*',
        },
      ]),
    gaps: [
      `write boundary: The boundary ${BOUNDARY} allows actions that reach other roles: lambda:UPDATEFunctionCode, ssm:SendCommand.`,
    ],
  },
  {
    name: 'a boundary that allows actions which reach other roles by a wildcard of their service',
    breaks: () =>
      limitTo([
        {
          Effect: 'Allow',
          Action: [
            ...['s3:*', 'Lambda:Upd*', 'states:*', 'glue:*', 'ecs:Run*'],
            ...['identitystore:*', 'Access-Analyzer:List*'],
          ],
          Resource: '*',
        },
        {
          Effect: 'Deny',
          Action: ['states:Create*', 'states:Update*', 'ecs:RUN*'],
          Resource: '*',
        },
      ]),
    gaps: [
      `write boundary: The boundary ${BOUNDARY} allows actions that reach other roles: Lambda:Upd* (lambda:UpdateFunction*), glue:* (glue:CreateDevEndpoint, glue:CreateJob, glue:CreateSession, glue:RunStatement, glue:StartJobRun, glue:StartTrigger, glue:UpdateDevEndpoint, glue:UpdateJob*), identitystore:*.`,
    ],
  },
  {
    name: 'a boundary of the company that allows none of it',
    breaks: () =>
      limitTo([
        { Effect: 'Allow', Action: ['s3:*', 'sqs:*'], Resource: '*' },
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Resource: 'arn:aws:iam::*:role/workloads/*',
        },
      ]),
    gaps: [],
  },
  {
    name: 'evidence without its right',
    portal: () => ({ section: { evidence: { cloudTrail: true } } }),
    breaks: () => rewrite('read', without('cloudtrail:LookupEvents')),
    gaps: ['read reading: AWS denies cloudtrail:LookupEvents.'],
  },
  {
    name: 'a cluster of another name',
    portal: () => ({ cluster: { name: 'payments-prd' } }),
    gaps: [
      /^read cluster: There is no EKS cluster payments-prd in eu-west-1/,
      /^\? read kubernetes: There is no EKS cluster/,
      /^\? verify kubernetes: There is no EKS cluster/,
      /^\? write kubernetes: There is no EKS cluster/,
    ],
  },
  {
    name: 'an endpoint that cannot be reached',
    portal: () => ({
      kubernetesAccess: async () => ({
        endpoint: 'https://127.0.0.1:9',
        ca: '',
        token: { get: async () => 'none' } as any,
      }),
    }),
    gaps: [
      /^read kubernetes: Could not ask .*The portal cannot reach the cluster's API endpoint/,
      /^verify kubernetes: /,
      /^write kubernetes: /,
    ],
  },
  {
    name: 'roles without access entries',
    breaks: () => {
      const { verify, write } = sandbox.credentials.roles;
      sandbox.aws.eks.deleteAccessEntry(CLUSTER, verify);
      sandbox.aws.eks.deleteAccessEntry(CLUSTER, write);
    },
    gaps: [
      'verify kubernetes: The cluster does not know the role: it answered 401.',
      'write kubernetes: The cluster does not know the role: it answered 401.',
    ],
  },
  {
    name: 'no binding for verifying',
    breaks: () => unbind('verify'),
    gaps: [`verify kubernetes: Kubernetes denies ${VERIFY_RIGHTS}.`],
  },
  {
    name: 'no binding for verifying, and no namespace to ask about',
    portal: () => ({ namespaces: [] }),
    breaks: () => unbind('verify'),
    gaps: [
      /^\? verify kubernetes: Kubernetes does not allow create pods, .* no single namespace is known/,
    ],
  },
  {
    name: 'no binding at all',
    breaks: () => unbind('read', 'verify', 'write'),
    gaps: [
      /^read kubernetes: Kubernetes denies get namespaces, list namespaces, /,
      /^verify kubernetes: .*create pods in payments/,
      /^write kubernetes: .*create serviceaccounts in payments/,
    ],
  },
  {
    name: 'no admission policies',
    breaks: async () => {
      const kube = sandbox.cluster(CLUSTER);
      for (const { kind, metadata } of objectsOf(
        read('deploy/admission-policies.yaml'),
      )) {
        const plural = kind.toLowerCase().replace(/y$/, 'ie');
        await kube.delete(`${plural}s`, undefined, metadata.name);
      }
    },
    gaps: [
      `verify policies: The cluster lacks ${OWN}probe-only, or the binding.`,
      `write policies: The cluster lacks ${OWN}restart-only-deployments, ${OWN}restart-only-statefulsets, ${OWN}restart-only-daemonsets, or the binding.`,
    ],
  },
  {
    name: 'a policy that is not bound, and one that only warns',
    breaks: async () => {
      await sandbox
        .cluster(CLUSTER)
        .delete(
          'validatingadmissionpolicybindings',
          undefined,
          `${OWN}probe-only`,
        );
      await changePolicy(`${POLICY}Binding`, '-daemonsets', spec => {
        spec.validationActions = ['Warn'];
      });
    },
    gaps: [
      `verify policies: The cluster lacks ${OWN}probe-only, or the binding.`,
      `write policies: ${OWN}restart-only-daemonsets in the cluster is not what this version and these settings make.`,
    ],
  },
  {
    name: 'a policy of an earlier version, and one that leaves namespaces out',
    breaks: async () => {
      await changePolicy(POLICY, '-probe-only', spec => {
        spec.validations.pop();
      });
      await changePolicy(POLICY, '-deployments', spec => {
        spec.matchConstraints.namespaceSelector = { matchLabels: { a: 'b' } };
      });
    },
    gaps: [
      `verify policies: ${OWN}probe-only in the cluster is not what this version and these settings make.`,
      `write policies: ${OWN}restart-only-deployments in the cluster is not what this version and these settings make.`,
    ],
  },
  {
    name: 'another image of the probe than that of the policy',
    portal: () => ({
      cluster: { probe: { image: 'registry.example.com/aws-cli' } },
    }),
    gaps: [
      `verify policies: ${OWN}probe-only in the cluster is not what this version and these settings make.`,
    ],
  },
  {
    name: 'no right to see the policies',
    breaks: () => hidePolicies(),
    gaps: [
      /^\? verify policies: Kubernetes does not show its admission policies/,
      /^\? write policies: Kubernetes does not show its admission policies/,
    ],
  },
  {
    name: 'pods everywhere, and no right to see what holds them',
    breaks: async () => {
      await bindEverywhere();
      await hidePolicies();
    },
    gaps: [
      /^\? verify policies: /,
      /^\? write policies: /,
      '? verify namespaces: RBAC would let the role create pods in kube-system; the admission policies may refuse it, and cannot be read.',
    ],
  },
  {
    name: 'pods everywhere, and nothing that holds them back',
    breaks: async () => {
      await bindEverywhere();
      await sandbox
        .cluster(CLUSTER)
        .delete('validatingadmissionpolicies', undefined, `${OWN}probe-only`);
    },
    gaps: [
      `verify policies: The cluster lacks ${OWN}probe-only, or the binding.`,
      'verify namespaces: Kubernetes lets the role create pods in kube-system.',
    ],
  },
  {
    name: 'pods where the portal runs and works, and no right to see what holds them',
    portal: () => ({ ownNamespace: 'developer-portal' }),
    breaks: async () => {
      await bindEverywhere();
      await hidePolicies();
    },
    gaps: [
      /^\? verify policies: /,
      /^\? write policies: /,
      'verify namespaces: Kubernetes lets the role create pods in developer-portal.',
    ],
  },
  {
    name: 'pods everywhere, which the policy holds back where the portal does not work',
    portal: () => ({ ownNamespace: 'developer-portal' }),
    breaks: () => bindEverywhere(),
    gaps: [
      'verify namespaces: Kubernetes lets the role create pods in developer-portal.',
    ],
  },
  {
    name: 'pods everywhere, seen from another cluster',
    portal: () => ({
      ownNamespace: 'developer-portal',
      ofAnotherCluster: true,
    }),
    breaks: () => bindEverywhere(),
    gaps: [],
  },
  {
    name: 'something wrong at five places',
    portal: () => ({
      section: { role: { permissionsBoundaryArn: `${BOUNDARY}-new` } },
    }),
    breaks: async () => {
      rewrite('read', without('iam:GetRole'));
      rewrite('write', without('iam:PassRole'));
      sandbox.aws.iam.deleteRole(sandbox.credentials.roles.verify);
      await unbind('write');
    },
    gaps: [
      'read reading: AWS denies iam:GetRole.',
      // The role that reads is not allowed to tell whether the other is there
      /^verify role: The portal could not assume/,
      'write kubernetes: Kubernetes denies create serviceaccounts in payments, delete serviceaccounts in payments, delete pods in payments.',
      /^write changing: AWS would deny .*iam:PassRole/,
      `write boundary: The boundary ${BOUNDARY}-new does not exist.`,
    ],
  },
];

describe('checkSetup', () => {
  const lines: string[] = [];
  beforeEach(bindByTheBook);
  afterEach(() => sandbox.reset());
  // `npm test` shows the lines of tables
  afterAll(() => {
    const heads = ['what is wrong', 'gaps found in one run'];
    process.stdout.write(
      `\n${[heads, heads.map(() => '---'), ...lines.map(line => [line])]
        .map(cells => `| ${cells.join(' | ')} |`)
        .join('\n')}\n`,
    );
  });

  it.each(sample(BROKEN, 12))('names every gap of: $name', async one => {
    await one.breaks?.();
    const answers = await look(one.portal?.());
    const gaps = gapsOf(answers);
    const isSaid = (gap: string | RegExp, text: string) =>
      typeof gap === 'string' ? text === gap : gap.test(text);
    expect({
      missing: one.gaps.filter(gap => !gaps.some(text => isSaid(gap, text))),
      beside: gaps.filter(text => !one.gaps.some(gap => isSaid(gap, text))),
    }).toEqual({ missing: [], beside: [] });
    const failed = answers.filter(({ status }) => status === 'fail');
    expect(failed.filter(({ fix, artefact }) => !fix && !artefact)).toEqual([]);
    const places = gaps.map(text => text.split(':', 1)[0]);
    lines.push(`${one.name} | ${places.join(', ') || '–'}`);
  });

  it('has an answer for each role and each question', async () => {
    const answers = await look();
    expect(answers.map(({ role, subject }) => `${role} ${subject}`)).toEqual([
      'read role',
      'read cluster',
      'read reading',
      'read kubernetes',
      'verify role',
      'verify reading',
      'verify kubernetes',
      'verify policies',
      'verify namespaces',
      'write role',
      'write reading',
      'write kubernetes',
      'write policies',
      'write changing',
      'write boundary',
      'write roles',
    ]);
    expect(answers.at(-3)?.message).toBe(
      'AWS would allow all 15 changes, as IAM simulates them, and none of them without the boundary or on what others made.',
    );
  });

  it('asks no limits of an administrator whose keys do it all', async () => {
    const answers = await look({
      keys: sandbox.credentials.admin,
      cluster: { roles: undefined },
    });
    expect(answers.find(({ subject }) => subject === 'changing')).toMatchObject(
      {
        status: 'pass',
        message: 'AWS would allow all 15 changes, as IAM simulates them.',
      },
    );
  });

  it('says which roles below the path another portal made', async () => {
    const boundaryArn = BOUNDARY;
    const put = (name: string, id: string) =>
      sandbox.aws.iam.putRole({
        name,
        path: '/backstage/',
        boundaryArn,
        tags: { 'backstage.io/portal': id },
      });
    put('ours', 'portal.example.com');
    put('theirs', 'other.example');
    const { status, message } = (await look()).at(-1)!;
    expect(status).toBe('pass');
    expect(message).toMatch(
      /^Each of the \d+ roles below \/backstage\/ has a permissions boundary\. 1 role there does not carry backstage\.io\/portal=portal\.example\.com, so AWS lets none of them be changed: theirs \(of other\.example\)\.$/,
    );
  });

  it('renders policies with the program of its own version', async () => {
    await sandbox
      .cluster(CLUSTER)
      .delete('validatingadmissionpolicies', undefined, `${OWN}probe-only`);
    const { fix } = (await look()).find(one => one.subject === 'policies')!;
    expect(fix?.snippet?.text).toContain(
      `eks-pod-identity admission-policies --config app-config.yaml --cluster ${CLUSTER} | kubectl apply -f -`,
    );
    // It would run whatever has that name on npm
    expect(fix?.snippet?.text).not.toContain('npx');
    expect(fix?.actions).toContainEqual(
      expect.stringContaining(`version ${version} of the program`),
    );
  });

  it('has the snippet that closes a gap', async () => {
    rewrite('write', without('iam:PassRole'));
    await unbind('verify');
    const broken = await look();
    const gap = (subject: SetupAnswer['subject']) =>
      broken.find(one => one.subject === subject && one.status === 'fail')!;
    const text = (subject: SetupAnswer['subject']) =>
      gap(subject).fix!.snippet!.text;
    expect(gap('changing').artefact?.section).toBe(
      'https://portal.example.com/aws-identities/permissions#aws-changing',
    );
    const statements = JSON.parse(text('changing')).Statement;
    expect(statements.map(({ Sid }: { Sid: string }) => Sid)).toEqual([
      'PassRolesToPodIdentityOnly',
    ]);
    sandbox.aws.iam.updateRole(sandbox.credentials.roles.write, {
      inline: {
        ...policiesOf('write'),
        extended: { Version: '2012-10-17', Statement: statements },
      },
    });
    await sandbox
      .cluster(CLUSTER)
      .apply(
        parseAllDocuments(text('kubernetes')).map(one => one.toJS()) as any,
      );
    expect(gapsOf(await look())).toEqual([]);
  });
});

describe('what is tried', () => {
  it('is every right of the reading policy, and that of evidence where it is read', async () => {
    const tried = (evidence: boolean) =>
      withPortal({}, async ({ clusters }) => {
        const answer = await tryReads(clusters.session(CLUSTER, 'read'), {
          evidence,
        });
        return answer.tried.sort();
      });
    const actions = (policy: ReturnType<typeof evidencePolicy>) =>
      policy.Statement.flatMap(({ Action }) => Action);
    const reading = actions(
      readingPolicy({
        partition: 'aws',
        region: 'r',
        accountId: 'a',
        clusterName: 'c',
        rolePath: '/',
        boundaryArn: 'b',
        portalId: 'p',
      }),
    );
    expect(await tried(false)).toEqual([...reading].sort());
    expect(await tried(true)).toEqual(
      [...reading, ...actions(evidencePolicy())].sort(),
    );
  });

  it('is every rule of deploy/rbac.yaml that is not optional', () => {
    const rules = (name: string) =>
      parseAllDocuments(read('deploy/rbac.yaml'))
        .map(document => document.toJS())
        .find(
          ({ kind, metadata }) =>
            kind === 'ClusterRole' &&
            metadata.name === `backstage-eks-pod-identity-${name}`,
        )
        .rules.flatMap((rule: any) =>
          rule.resources.flatMap((resource: string) =>
            rule.verbs.map((verb: string) =>
              [
                rule.apiGroups[0],
                resource,
                rule.resourceNames?.[0],
                verb,
              ].join(),
            ),
          ),
        )
        .sort();
    const listed = (rights: readonly KubernetesRight[]) =>
      rights
        .map(({ group = '', resource, name, verb }) =>
          [group, resource, name, verb].join(),
        )
        .sort();
    expect(listed(IN_CLUSTER)).toEqual(rules('read'));
    expect(listed(IN_NAMESPACE.verify)).toEqual(rules('verify'));
    expect(listed(IN_NAMESPACE.write)).toEqual(rules('write'));
  });
});

describe('the artefacts of gaps', () => {
  const { rbac, ...others } = artefactsOf({});
  const all: { file?: string; section: string }[] = [
    ...Object.values(others),
    ...Object.values(rbac),
  ];

  it.each(all)('are there: $file $section', ({ file, section }) => {
    expect(file === undefined || read(file) !== '').toBe(true);
    const [page, anchor] = section.split('#');
    const headings = [...read(page).matchAll(/^#+ (.*)$/gm)];
    expect(headings.map(([, text]) => headingAnchor(text))).toContain(anchor);
  });
});
