import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { readingPolicy } from '../aws/portalRights';
import { BOUNDARY } from '../lifecycle/__testUtils__/lifecyclePortal';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import type { KubernetesRight } from '../verification/rights';
import { tryReads } from './awsReads';
import { checkSetup, type SetupAnswer } from './checkSetup';
import { IN_CLUSTER, IN_NAMESPACE } from './kubernetesRights';

let world: VerifyWorld;
const start = (options: Parameters<typeof VerifyWorld.start>[0] = {}) =>
  VerifyWorld.start({
    section: { role: { permissionsBoundaryArn: BOUNDARY } },
    ...options,
  });
beforeAll(async () => {
  world = await start();
});
afterEach(() => world.sandbox.reset());
afterAll(() => world.stop());

const look = (
  roles: SetupAnswer['role'][] = ['read', 'verify', 'write'],
  of = world,
) =>
  checkSetup(
    {
      cluster: of.clusters.get('payments-prod'),
      roles,
      namespaces: ['payments'],
      caller: 'arn:aws:iam::111122223333:user/portal',
    },
    of,
  );
const gaps = (answers: SetupAnswer[]) =>
  answers
    .filter(({ status }) => status !== 'pass')
    .map(({ role, subject, message }) => `${role} ${subject}: ${message}`);

describe('checkSetup', () => {
  it('has nothing to say of a portal that is set up by the book', async () => {
    const answers = await look();
    expect(gaps(answers)).toEqual([]);
    expect(answers).toHaveLength(10);
  });

  it('names all gaps at once, each with what to do', async () => {
    world.forbid('iam:GetRole');
    world.forbid('eks:ListNodegroups');
    world.sandbox.aws.eks.deleteAccessEntry(
      'payments-prod',
      world.sandbox.credentials.roles.write,
    );
    await world.forbidKubernetes('verifiers', 'pods', ['list', 'delete']);
    world.clusters.get(
      'payments-prod',
    ).guardrails.permissionsBoundaryArn = `${BOUNDARY}-of-yesterday`;
    const answers = await look();
    world.clusters.get('payments-prod').guardrails.permissionsBoundaryArn =
      BOUNDARY;
    expect(gaps(answers)).toEqual([
      'read aws: AWS denies eks:ListNodegroups, iam:GetRole.',
      'verify kubernetes: Kubernetes denies list pods, list pods in payments, delete pods in payments.',
      'write kubernetes: The cluster does not know the role: it answered 401.',
      `write boundary: The boundary ${BOUNDARY}-of-yesterday does not exist.`,
    ]);
    const fixes = answers.flatMap(({ fix }) => fix?.snippet?.text ?? []);
    expect(
      JSON.parse(fixes[0]).Statement.map(({ Sid }: { Sid: string }) => Sid),
    ).toEqual(['Clusters', 'Roles']);
    expect(fixes[1]).toContain('verbs: ["delete", "list"]');
    expect(fixes[2]).toContain('aws eks create-access-entry');
  });

  it('says how a role is trusted that cannot be assumed', async () => {
    const stranger = await start({
      as: 'nobody',
      portalClusters: [
        {
          name: 'payments-prod',
          roles: {
            verify: 'arn:aws:iam::111122223333:role/backstage-eks-verify',
          },
        },
      ],
    });
    const verify = await look(['verify'], stranger).finally(() =>
      stranger.stop(),
    );
    expect(verify).toMatchObject([
      {
        subject: 'role',
        status: 'fail',
        message: expect.stringContaining('could not assume'),
        fix: {
          snippet: {
            text: expect.stringContaining('AssumeTheRolesOfThePortal'),
          },
        },
      },
    ]);
  });
});

describe('what is tried', () => {
  it('is every right of the reading policy', async () => {
    const { tried } = await tryReads(
      world.clusters.session('payments-prod', 'read'),
    );
    const documented = readingPolicy({
      partition: 'aws',
      region: 'r',
      accountId: 'a',
      clusterName: 'c',
      rolePath: '/',
      boundaryArn: 'b',
    }).Statement.flatMap(({ Action }) => Action);
    expect([...tried].sort()).toEqual(documented.sort());
  });

  it('is every rule of deploy/rbac.yaml that is not optional', () => {
    const file = resolve(__dirname, '../../../../deploy/rbac.yaml');
    const rules = (name: string) =>
      parseAllDocuments(readFileSync(file, 'utf8'))
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
    const said = (rights: readonly KubernetesRight[]) =>
      rights
        .map(({ group = '', resource, name, verb }) =>
          [group, resource, name, verb].join(),
        )
        .sort();
    expect(said(IN_CLUSTER)).toEqual(rules('read'));
    expect(said(IN_NAMESPACE.verify)).toEqual(rules('verify'));
    expect(said(IN_NAMESPACE.write)).toEqual(rules('write'));
  });
});
