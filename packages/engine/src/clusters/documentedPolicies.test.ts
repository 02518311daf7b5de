import {
  CreateAddonCommand,
  CreatePodIdentityAssociationCommand,
  DeleteAddonCommand,
  DeletePodIdentityAssociationCommand,
  DescribeAddonCommand,
  DescribeClusterCommand,
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  BOUNDARY_NAME,
  startSandbox,
  type Sandbox,
  useEndpoint,
} from 'eks-sandbox';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { classifyAwsError } from '../aws/errors';
import type { AwsClients } from '../aws/types';
import { portal } from './__testUtils__/portal';
import type { Clusters } from './types';

const CLUSTER = 'payments-prod';
const BOUNDARY = 'arn:aws:iam::111122223333:policy/backstage-workload-boundary';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  ],
});

const page = () =>
  readFileSync(resolve(__dirname, '../../../../docs/permissions.md'), 'utf8');

/** The JSON policies of docs/permissions.md by their heading. */
function documentedPolicies(): Record<string, any> {
  const found: Record<string, any> = {};
  for (const section of page().split(/^## /m).slice(1)) {
    const json = /```json\n([\s\S]*?)```/.exec(section)?.[1];
    if (json) found[section.split('\n', 1)[0]] = JSON.parse(json);
  }
  return found;
}

const PORTAL_TAG = 'backstage.io/portal';
const PORTAL = 'portal.example.com';
const TAGS = [{ Key: PORTAL_TAG, Value: PORTAL }];

/** Conditions on the tag of one portal, as conditions on that of any. */
function ofAnyPortal(condition: Record<string, Record<string, unknown>>) {
  const found: Record<string, Record<string, unknown>> = {};
  for (const [operator, keys] of Object.entries(condition)) {
    for (const [key, value] of Object.entries(keys)) {
      const isPortal = key.endsWith(`/${PORTAL_TAG}`);
      const like = isPortal ? operator.replace('Equals', 'Like') : operator;
      (found[like] ??= {})[key] = isPortal && value === PORTAL ? '*' : value;
    }
  }
  return found;
}

/** The actions of the table below the heading for verifying. */
function optionalActions(): string[] {
  const [section] = page().split('## AWS: verifying')[1].split(/^## /m);
  return [...section.matchAll(/^\| `(\w+:\w+)`/gm)]
    .map(([, action]) => action)
    .sort();
}

describe('The policies of docs/permissions.md', () => {
  let sandbox: Sandbox;
  let restore: () => void;
  let reader: Clusters;
  let writer: Clusters;
  let installer: Clusters;
  const policies = documentedPolicies();

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    restore = useEndpoint(sandbox.awsEndpoint);
    await sandbox.createCluster({ name: CLUSTER });
    await sandbox.aws.eks.putAddon(CLUSTER, {
      addonName: 'eks-pod-identity-agent',
    });
    sandbox.aws.iam.putPolicy({
      name: 'backstage-workload-boundary',
      document: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
      },
    });
    sandbox.aws.iam.putRole({
      name: 'elsewhere',
      trust: JSON.parse(TRUST),
      inline: {
        p: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
        },
      },
    });
    const as = (name: string, inline: Record<string, any>) => {
      const { key } = sandbox.aws.iam.putUser({ name, inline });
      return portal({
        sandbox,
        keys: {
          accessKeyId: key.accessKeyId,
          secretAccessKey: key.secretAccessKey,
        },
        clusters: [{ name: CLUSTER }],
        section: { pacing: { eksPerSecond: 100, iamPerSecond: 100 } },
      }).clusters;
    };
    reader = as('portal-reader', { reading: policies['AWS: reading'] });
    writer = as('portal-writer', {
      reading: policies['AWS: reading'],
      changing: policies['AWS: changing'],
    });
    installer = as('portal-installer', {
      reading: policies['AWS: reading'],
      changing: policies['AWS: changing'],
      installing: policies['AWS: installing the agent'],
    });
  });
  afterAll(async () => {
    await reader.close();
    await writer.close();
    await installer.close();
    restore();
    await sandbox.stop();
  });

  const clientsOf = (clusters: Clusters): AwsClients =>
    clusters.session(CLUSTER, 'read').aws;
  const kindOf = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      error => classifyAwsError(error).kind,
    );

  it('are the ones tested here', () => {
    expect(Object.keys(policies)).toEqual([
      // By artefacts.sandbox.test.ts
      "AWS: the portal's own principal",
      'AWS: trusting the portal',
      'AWS: reading',
      // By inventory/rights.sandbox.test.ts
      'AWS: all AWS access',
      'AWS: changing',
      // By documentedBoundary.test.ts
      'AWS: a boundary for the roles of workloads',
      'AWS: installing the agent',
      // By stolenWriteRole.test.ts
      'AWS: moving',
      'AWS: evidence of use',
    ]);
  });

  it('are exactly what the roles of the sandbox have, for every cluster and portal', () => {
    const everywhere = (value: unknown) =>
      JSON.parse(
        JSON.stringify(value)
          .replaceAll(':eks:eu-west-1:', ':eks:*:')
          .replaceAll('/payments-prod', '/*')
          .replaceAll('cluster/*/', 'cluster/')
          .replaceAll(
            'policy/backstage-workload-boundary',
            `policy/${BOUNDARY_NAME}`,
          ),
        (key, one) => (key === 'Condition' ? ofAnyPortal(one) : one),
      );
    const held = (use: 'read' | 'verify' | 'write') =>
      Object.fromEntries(
        Object.entries(
          sandbox.aws.iam.role(sandbox.credentials.roles[use]).inline,
        ).map(([name, text]) => [name, JSON.parse(text)]),
      );
    const reading = everywhere(policies['AWS: reading']);
    expect(held('read').reading).toEqual(reading);
    expect(held('read').evidence).toEqual(policies['AWS: evidence of use']);
    expect(held('verify')).toEqual({ reading });
    expect(held('write')).toEqual({
      reading,
      changing: everywhere(policies['AWS: changing']),
      installing: everywhere(policies['AWS: installing the agent']),
    });
    expect(
      held('read')
        .optional.Statement.flatMap((one: any) => one.Action)
        .sort(),
    ).toEqual(optionalActions());
  });

  it('let the portal read everything it needs, and change nothing', async () => {
    const { eks, iam } = clientsOf(reader);
    const role = { RoleName: 'elsewhere' };
    const looks = {
      cluster: eks.send(new DescribeClusterCommand({ name: CLUSTER })),
      associations: eks.send(
        new ListPodIdentityAssociationsCommand({ clusterName: CLUSTER }),
      ),
      addon: eks.send(
        new DescribeAddonCommand({
          clusterName: CLUSTER,
          addonName: 'eks-pod-identity-agent',
        }),
      ),
      role: iam.send(new GetRoleCommand(role)),
      inline: iam.send(new ListRolePoliciesCommand(role)),
      inlineOne: iam.send(
        new GetRolePolicyCommand({ ...role, PolicyName: 'p' }),
      ),
      managed: iam.send(new ListAttachedRolePoliciesCommand(role)),
      policy: iam.send(new GetPolicyCommand({ PolicyArn: S3 })),
      profiles: iam.send(new ListInstanceProfilesForRoleCommand(role)),
    };
    for (const [name, work] of Object.entries(looks)) {
      expect([name, await kindOf(work)]).toEqual([name, 'ok']);
    }
    expect(
      await kindOf(
        eks.send(
          new DescribePodIdentityAssociationCommand({
            clusterName: CLUSTER,
            associationId: 'a-missing0123456789',
          }),
        ),
      ),
    ).toBe('not-found');
    const changes = {
      role: iam.send(
        new CreateRoleCommand({
          RoleName: 'r',
          Path: '/backstage/',
          PermissionsBoundary: BOUNDARY,
          AssumeRolePolicyDocument: TRUST,
        }),
      ),
      association: eks.send(
        new CreatePodIdentityAssociationCommand({
          clusterName: CLUSTER,
          namespace: 'n',
          serviceAccount: 's',
          roleArn: 'arn:aws:iam::111122223333:role/elsewhere',
        }),
      ),
    };
    for (const [name, work] of Object.entries(changes)) {
      expect([name, await kindOf(work)]).toEqual([name, 'denied']);
    }
  });

  it('let the portal create and remove an identity', async () => {
    const { eks, iam } = clientsOf(writer);
    const role = { RoleName: 'eks-doc' };
    const { Role } = await iam.send(
      new CreateRoleCommand({
        ...role,
        Path: '/backstage/',
        PermissionsBoundary: BOUNDARY,
        AssumeRolePolicyDocument: TRUST,
        Tags: [...TAGS, { Key: 'a', Value: 'b' }],
      }),
    );
    const inline = { ...role, PolicyName: 'p' };
    await iam.send(new AttachRolePolicyCommand({ ...role, PolicyArn: S3 }));
    await iam.send(
      new PutRolePolicyCommand({
        ...inline,
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
        }),
      }),
    );
    await iam.send(
      new TagRoleCommand({ ...role, Tags: [{ Key: 'c', Value: 'd' }] }),
    );
    await iam.send(
      new UpdateAssumeRolePolicyCommand({ ...role, PolicyDocument: TRUST }),
    );
    const { association } = await eks.send(
      new CreatePodIdentityAssociationCommand({
        clusterName: CLUSTER,
        namespace: 'n',
        serviceAccount: 's',
        roleArn: Role!.Arn,
        tags: { [PORTAL_TAG]: PORTAL, a: 'b' },
      }),
    );
    const ref = {
      clusterName: CLUSTER,
      associationId: association!.associationId,
    };
    await eks.send(
      new UpdatePodIdentityAssociationCommand({
        ...ref,
        disableSessionTags: true,
      }),
    );
    await eks.send(new DeletePodIdentityAssociationCommand(ref));
    await iam.send(new DetachRolePolicyCommand({ ...role, PolicyArn: S3 }));
    await iam.send(new DeleteRolePolicyCommand(inline));
    await iam.send(new DeleteRoleCommand(role));
    expect(await kindOf(iam.send(new GetRoleCommand(role)))).toBe('not-found');
  });

  it('deny roles without the boundary, roles elsewhere and roles of others', async () => {
    const { eks, iam } = clientsOf(writer);
    const create = (more: Record<string, unknown>) =>
      iam.send(
        new CreateRoleCommand({
          RoleName: 'r',
          Path: '/backstage/',
          PermissionsBoundary: BOUNDARY,
          AssumeRolePolicyDocument: TRUST,
          Tags: TAGS,
          ...more,
        }),
      );
    const attempts = {
      'no boundary': create({ PermissionsBoundary: undefined }),
      'another boundary': create({ PermissionsBoundary: S3 }),
      'another path': create({ Path: '/' }),
      'no tag of the portal': create({ Tags: [] }),
      'a policy on another role': iam.send(
        new AttachRolePolicyCommand({ RoleName: 'elsewhere', PolicyArn: S3 }),
      ),
      'the trust of another role': iam.send(
        new UpdateAssumeRolePolicyCommand({
          RoleName: 'elsewhere',
          PolicyDocument: TRUST,
        }),
      ),
      'deleting another role': iam.send(
        new DeleteRoleCommand({ RoleName: 'elsewhere' }),
      ),
      'passing another role': eks.send(
        new CreatePodIdentityAssociationCommand({
          clusterName: CLUSTER,
          namespace: 'n',
          serviceAccount: 's2',
          roleArn: 'arn:aws:iam::111122223333:role/elsewhere',
        }),
      ),
      'an add-on without allow.installAgent': eks.send(
        new CreateAddonCommand({
          clusterName: CLUSTER,
          addonName: 'vpc-cni',
        }),
      ),
    };
    for (const [name, work] of Object.entries(attempts)) {
      expect([name, await kindOf(work)]).toEqual([name, 'denied']);
    }
    await create({});
    expect(
      await kindOf(
        iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: 'r' })),
      ),
    ).toBe('denied');
  });

  it('let the portal install and remove the agent, on this cluster only', async () => {
    const agent = { clusterName: CLUSTER, addonName: 'eks-pod-identity-agent' };
    const install = (clusters: Clusters, clusterName = CLUSTER) =>
      kindOf(
        clientsOf(clusters).eks.send(
          new CreateAddonCommand({ ...agent, clusterName, tags: { a: 'b' } }),
        ),
      );
    const remove = (clusters: Clusters) =>
      kindOf(clientsOf(clusters).eks.send(new DeleteAddonCommand(agent)));

    expect(await remove(writer)).toBe('denied');
    expect(await remove(installer)).toBe('ok');
    await sandbox.clock.advance(120_000);
    expect(await install(writer)).toBe('denied');
    expect(await install(installer, 'orders-legacy')).toBe('denied');
    expect(await install(installer)).toBe('ok');
  });
});
