import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { headingAnchor } from 'backstage-plugin-eks-pod-identity-common';
import { toAwsBackstageError } from './errors';
import {
  BOUNDARY_NAME,
  changingPolicy,
  evidencePolicy,
  installingPolicy,
  lookPolicy,
  movingPolicy,
  optionalPolicy,
  principalPolicy,
  proposedBoundary,
  readingPolicy,
  type RightsPlace,
  trustOfRoles,
  type RightsStatement,
} from './portalRights';
import { explain, type Scope } from '../lifecycle/steps/scope';
import { lackOutcome } from '../verification/access/lackOutcome';
import { GROUPS } from '../clusters/portalRoles';
import { RBAC_SECTIONS } from '../verification/framework/rights';
import { boundaryPolicy } from './workloadBoundary';

const read = (path: string) =>
  readFileSync(resolve(__dirname, '../../../..', path), 'utf8');
const PAGE = read('docs/permissions.md');
const AWS = { partition: 'aws', accountId: '111122223333' };
const PLACE: RightsPlace = {
  ...AWS,
  region: 'eu-west-1',
  clusterName: 'payments-prod',
  rolePath: '/backstage/',
  boundaryArn: proposedBoundary(AWS),
  portalId: 'portal.example.com',
};
const cluster = {
  id: 'payments',
  name: PLACE.clusterName,
  region: PLACE.region,
  ...AWS,
  rolePath: PLACE.rolePath,
  portalId: PLACE.portalId,
  guardrails: { permissionsBoundaryArn: PLACE.boundaryArn },
};
const roleArn = (name: string) =>
  `arn:aws:iam::${PLACE.accountId}:role/backstage-${name}`;
const POLICIES = {
  'AWS: reading': readingPolicy(PLACE),
  'AWS: changing': changingPolicy(PLACE),
  'AWS: installing the agent': installingPolicy(PLACE),
  'AWS: moving': movingPolicy(PLACE),
  'AWS: evidence of use': evidencePolicy(),
};
const OTHERS = {
  "AWS: the portal's own principal": principalPolicy(
    ['read', 'verify', 'write'].map(use => roleArn(`eks-${use}`)),
  ),
  'AWS: all AWS access': lookPolicy(PLACE),
  'AWS: trusting the portal': trustOfRoles(roleArn('portal')),
  'AWS: a boundary for the roles of workloads': boundaryPolicy(PLACE),
};
const STATEMENTS = Object.values(POLICIES).flatMap(one => one.Statement);

/** What a person reads when AWS denies the action to the portal. */
function denial(
  action: string,
  resource: string,
  context: Partial<Parameters<typeof toAwsBackstageError>[1]> = {},
): string {
  const error = Object.assign(
    new Error(
      `User: arn:aws:sts::111122223333:assumed-role/backstage-eks-write/x is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
    ),
    { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } },
  );
  return toAwsBackstageError(error, {
    doing: 'do it',
    cluster,
    ...context,
  }).message;
}

const advised = (message: string): RightsStatement =>
  JSON.parse(/\{.*\}/.exec(message)![0]);

const cases = STATEMENTS.flatMap(statement =>
  [statement.Action].flat().map(action => ({
    action,
    resource: [statement.Resource].flat()[0].replace('*', 'x'),
    statement,
  })),
);

describe('the rights of the portal', () => {
  it.each(Object.entries({ ...POLICIES, ...OTHERS }))(
    'are on the page as they are here: %s',
    (heading, policy) => {
      const [section] = PAGE.split(`## ${heading}\n`)[1].split('\n## ');
      expect(JSON.parse(/```json\n([\s\S]*?)```/.exec(section)![1])).toEqual(
        policy,
      );
    },
  );

  it('are complete with what the portal can do without', () => {
    const [section] = PAGE.split('## AWS: verifying\n')[1].split('\n## ');
    const optional = [...section.matchAll(/^\| `(\w+:\w+)`/gm)];
    expect(optional.map(([, action]) => action).sort()).toEqual(
      optionalPolicy(PLACE)
        .Statement.flatMap(({ Action }) => Action)
        .sort(),
    );
  });

  it('have one name for the boundary', () => {
    for (const path of [
      'docs/adopting.md',
      'docs/configuration.md',
      'docs/permissions.md',
      'app-config.yaml',
      'app-config.aws.yaml',
    ]) {
      const names = [...read(path).matchAll(/policy\/([\w-]*boundary)\b/g)];
      expect(names.length).toBeGreaterThan(0);
      for (const [, name] of names) {
        expect([path, name]).toEqual([path, BOUNDARY_NAME]);
      }
    }
  });
});

describe('what a denial advises', () => {
  it('is tried for more than twenty rights', () =>
    expect(cases.length).toBeGreaterThan(20));

  it.each(cases)(
    'for $action on $resource is the whole documented statement',
    ({ action, resource, statement }) => {
      const message = denial(action, resource);
      expect(advised(message)).toEqual(statement);
      const [, anchor] = /docs\/permissions\.md#([\w-]+), whole/.exec(message)!;
      const section = PAGE.split('\n## ').find(
        text => headingAnchor(text.split('\n')[0]) === anchor,
      );
      expect(section).toContain(`"Sid": "${statement.Sid}"`);
    },
  );

  it.each([
    ...cases.map(({ action }) => action),
    'sts:AssumeRole',
    ...optionalPolicy(PLACE).Statement.flatMap(({ Action }) => Action),
  ])('has a section of the page for %s', action => {
    const lack = { kind: 'denied', sentence: 'It is denied.' } as const;
    const { fix } = lackOutcome(
      { ...lack, aws: { action, resource: '*' } },
      {},
    );
    const [, anchor] = /docs\/permissions\.md#([\w-]+)\.$/.exec(
      fix!.actions[0],
    )!;
    const section = PAGE.split('\n## ').find(
      text => headingAnchor(text.split('\n')[0]) === anchor,
    );
    expect(section).toContain(action);
  });

  it.each(['read', 'verify', 'write'] as const)(
    'has the section with the rules of the role that lacks one: %s',
    role => {
      const [, rules] = PAGE.split('\n## ').flatMap(text => {
        const [heading] = text.split('\n');
        return headingAnchor(heading) === RBAC_SECTIONS[role] ? ['', text] : [];
      });
      expect(rules).toContain(`name: backstage-eks-pod-identity-${role}\n`);
      expect(rules).toContain(GROUPS[role]);
    },
  );

  it('has the address of the page where the portal knows it', () => {
    const permissionsUrl = 'https://portal.example.com/x/permissions';
    const error = Object.assign(
      new Error(
        'User: x is not authorized to perform: iam:DeleteRole on resource: role/x because no identity-based policy allows the iam:DeleteRole action',
      ),
      { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } },
    );
    const scope = {
      cluster: { ...cluster, permissionsUrl },
    } as unknown as Scope;
    expect(explain(scope, 'do it', error).message).toContain(
      `this statement of ${permissionsUrl}#aws-changing, whole`,
    );
    const aborted = Object.defineProperties(new Error(), {
      name: { value: 'AbortError' },
      message: { get: () => 'Enough.' },
    });
    expect(explain(scope, 'do it', aborted)).toBe(aborted);
  });

  it('names the setting where the statement has the boundary as its condition', () => {
    const message = denial('iam:CreateRole', 'role/x');
    expect(message).toContain(
      `the boundary is another than ${PLACE.boundaryArn}, which eksPodIdentity.role.permissionsBoundaryArn names`,
    );
    expect(denial('iam:DeleteRole', 'role/x')).not.toContain('boundary');
  });

  it.each([
    ['iam:DeleteRole', 'role/x'],
    ['iam:CreateRole', 'role/x'],
    [
      'eks:DeletePodIdentityAssociation',
      'arn:aws:eks:x:podidentityassociation/x',
    ],
  ])('names the portal that the statement for %s names', (action, resource) => {
    expect(denial(action, resource)).toContain(
      'backstage.io/portal in it is another than portal.example.com, which eksPodIdentity.portalId names',
    );
    expect(denial('iam:PassRole', 'role/x')).not.toContain('portalId');
  });

  it('keeps the condition where no boundary is configured', () => {
    const message = denial('iam:AttachRolePolicy', 'role/x', {
      cluster: { ...cluster, guardrails: {} },
    });
    expect(advised(message).Condition?.StringEquals).toMatchObject({
      'iam:PermissionsBoundary': PLACE.boundaryArn,
    });
    expect(message).toContain('set eksPodIdentity.role.permissionsBoundaryArn');
  });

  it.each(['iam:DeleteRolePermissionsBoundary', 'iam:CreatePolicyVersion'])(
    'for %s, which would open the wall, is to leave it',
    action => {
      const message = denial(action, 'x');
      expect(message).not.toMatch(/\{/);
      expect(message).toContain('do not add it');
    },
  );

  it('names the partition and the path of its own portal', () => {
    const china = {
      ...cluster,
      partition: 'aws-cn',
      rolePath: '/',
      guardrails: {},
    };
    expect(
      advised(denial('iam:PassRole', 'role/x', { cluster: china })),
    ).toMatchObject({ Resource: 'arn:aws-cn:iam::111122223333:role/*' });
  });
});
