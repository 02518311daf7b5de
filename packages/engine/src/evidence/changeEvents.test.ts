import { evidenceEventSchema } from 'backstage-plugin-eks-pod-identity-common';
import { record } from './__testUtils__/events';
import { type ChangeSubject, identityChanges } from './changeEvents';
import { decodeCloudTrailEvent } from './decode';
import { PORTAL } from '../text/voice';

const ACCOUNT = '111122223333';
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const POLICY = `arn:aws:iam::${ACCOUNT}:policy/receipts`;
const DOCUMENT = '{"Statement":[{"Sid":"NEVERKEPT"}]}';

const SUBJECT: ChangeSubject = {
  ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
  clusterName: 'payments-prod',
  associationIds: ['a-1'],
  provenRoleArn: role('api'),
  roleNames: ['api'],
  policyArns: [POLICY],
  portalRoles: [role('portal-write')],
  voice: PORTAL,
};

/** A session of a role, as CloudTrail names its caller. */
const session = (of: string, name: string, more = {}) => ({
  type: 'AssumedRole',
  principalId: `AROAEXAMPLE:${name}`,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${of}/${name}`,
  accountId: ACCOUNT,
  sessionContext: {
    sessionIssuer: { type: 'Role', arn: role(of), accountId: ACCOUNT },
  },
  ...more,
});
const ADMIN = session('platform-admin', 'ada@example.com');

let minute = 0;

/** A call that changes something; each is a minute after the one before. */
function change(
  eventName: string,
  requestParameters: unknown,
  more: Record<string, unknown> = {},
) {
  minute += 1;
  const isOfEks = eventName.endsWith('PodIdentityAssociation');
  return record({
    eventTime: new Date(Date.UTC(2026, 0, 1, 16, minute)).toISOString(),
    eventSource: `${isOfEks ? 'eks' : 'iam'}.amazonaws.com`,
    awsRegion: isOfEks ? 'eu-central-1' : 'us-east-1',
    eventName,
    readOnly: false,
    userAgent: 'aws-cli/2.23.0',
    userIdentity: ADMIN,
    requestParameters,
    responseElements: null,
    ...more,
  });
}

const read = (records: string[], subject = SUBJECT) =>
  identityChanges(
    records.map(one => {
      const event = decodeCloudTrailEvent(one)!;
      expect(evidenceEventSchema.parse(event)).toEqual(event);
      return event;
    }),
    subject,
  );
const told = (...records: string[]) => read(records).map(({ what }) => what);

const updated = (roleArn?: string, more = {}) =>
  change('UpdatePodIdentityAssociation', {
    name: 'payments-prod',
    associationId: 'a-1',
    clientRequestToken: 'x',
    ...(roleArn ? { roleArn } : {}),
    ...more,
  });

beforeEach(() => {
  minute = 0;
});

describe('events that changed an identity', () => {
  it('say what was done, who did it and when, the newest first', () => {
    expect(
      read([
        updated(role('other')),
        change('UpdateAssumeRolePolicy', {
          roleName: 'api',
          policyDocument: DOCUMENT,
        }),
      ]),
    ).toEqual([
      {
        at: '2026-01-01T16:02:00.000Z',
        what: 'Trust policy of api replaced.',
        by: 'ada@example.com, as the role platform-admin',
      },
      {
        at: '2026-01-01T16:01:00.000Z',
        what: 'Association given another role: other, not api.',
        by: 'ada@example.com, as the role platform-admin',
      },
    ]);
  });

  it('of an association follow its role from one to the next', () => {
    expect(
      told(
        updated(role('one')),
        updated(role('one')),
        updated(undefined, { targetRoleArn: '', disableSessionTags: true }),
        updated(role('two'), { policy: DOCUMENT }),
      ),
    ).toEqual([
      'Association given another role: two, not one.',
      'Association updated (target role, session tags).',
      'Association updated.',
      'Association given another role: one, not api.',
    ]);
  });

  it('of an association say of no role that it is another where the one before is not known', () => {
    const events = [updated(role('one'))].map(
      one => decodeCloudTrailEvent(one)!,
    );
    const { provenRoleArn: _, ...unproven } = SUBJECT;
    expect(identityChanges(events, unproven)[0].what).toBe(
      'Association updated; its role is one.',
    );
  });

  it('of one second stand as CloudTrail gives them, the newest first', () => {
    const [made, gone] = ['CreateRole', 'DeleteRole'].map(name => ({
      ...decodeCloudTrailEvent(change(name, { roleName: 'api' }))!,
      at: '2026-01-01T16:09:00.000Z',
    }));
    expect(
      identityChanges([made, gone], SUBJECT).map(({ what }) => what),
    ).toEqual(['Role api created.', 'Role api deleted.']);
  });

  it('of an association are known by its id, or by what it is of', () => {
    const named = {
      clusterName: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'api',
      roleArn: role('api'),
    };
    const id = (associationId: string, name = 'payments-prod') =>
      change('DeletePodIdentityAssociation', { name, associationId });
    expect(
      told(
        id('a-1'),
        change('CreatePodIdentityAssociation', named),
        // Gone meanwhile: only the answer says of whom it was
        change(
          'DeletePodIdentityAssociation',
          { name: 'payments-prod', associationId: 'a-0' },
          { responseElements: { association: named } },
        ),
        // Of others
        id('a-2'),
        id('a-1', 'another-cluster'),
        change('CreatePodIdentityAssociation', {
          ...named,
          serviceAccount: 'web',
        }),
      ),
    ).toEqual([
      'Association deleted.',
      'Association created with the role api.',
      'Association deleted.',
    ]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['CreateRole', {}, 'Role api created.'],
    ['DeleteRole', {}, 'Role api deleted.'],
    [
      'PutRolePolicy',
      { policyName: 'own', policyDocument: DOCUMENT },
      'Inline policy own of api written.',
    ],
    [
      'DeleteRolePolicy',
      { policyName: 'own' },
      'Inline policy own of api deleted.',
    ],
    [
      'AttachRolePolicy',
      { policyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
      'Policy ReadOnlyAccess attached to api.',
    ],
    [
      'DetachRolePolicy',
      { policyArn: POLICY },
      'Policy receipts detached from api.',
    ],
    [
      'PutRolePermissionsBoundary',
      { permissionsBoundary: POLICY },
      'Permissions boundary of api set to receipts.',
    ],
    [
      'DeleteRolePermissionsBoundary',
      {},
      'Permissions boundary of api removed.',
    ],
  ])('of a role: %s', (name, asked, what) => {
    expect(told(change(name, { roleName: 'api', ...asked }))).toEqual([what]);
    expect(told(change(name, { roleName: 'api-2', ...asked }))).toEqual([]);
  });

  it('of a policy are those after which another version counts', () => {
    const policy = (name: string, more: object, answered: object = {}) =>
      change(
        name,
        { policyArn: POLICY, ...more },
        { responseElements: answered },
      );
    expect(
      told(
        policy(
          'CreatePolicyVersion',
          { policyDocument: DOCUMENT, setAsDefault: true },
          { policyVersion: { versionId: 'v4', isDefaultVersion: true } },
        ),
        policy('SetDefaultPolicyVersion', { versionId: 'v2' }),
        // What these did nothing notices
        policy('CreatePolicyVersion', { policyDocument: DOCUMENT }),
        policy('DeletePolicyVersion', { versionId: 'v1' }),
        change('SetDefaultPolicyVersion', {
          policyArn: `${POLICY}-2`,
          versionId: 'v2',
        }),
      ),
    ).toEqual([
      'Policy receipts changed to its version v2.',
      'Policy receipts changed to its version v4.',
    ]);
  });

  it('that failed changed nothing, and each counts once', () => {
    const once = change('DeleteRole', { roleName: 'api' });
    expect(
      told(
        once,
        once,
        ...['AccessDenied', 'DeleteConflictException'].map(errorCode =>
          change('DeleteRole', { roleName: 'api' }, { errorCode }),
        ),
      ),
    ).toEqual(['Role api deleted.']);
  });

  it('are none of what others call by these names, nor what only reads', () => {
    expect(
      told(
        change('GetRole', { roleName: 'api' }),
        change(
          'DeleteRole',
          { roleName: 'api' },
          { eventSource: 'evil.amazonaws.com' },
        ),
        change('constructor', { roleName: 'api' }),
      ),
    ).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'a person with a role',
      ADMIN,
      'ada@example.com, as the role platform-admin',
    ],
    [
      'the portal',
      session('portal-write', 'backstage-eks-pod-identity'),
      'this portal',
    ],
    [
      'another user of the role of the portal',
      session('portal-write', 'mallory'),
      "mallory, as the portal's role portal-write",
    ],
    [
      'a user',
      { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/ops/ada` },
      'ada',
    ],
    [
      'the root user',
      { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root` },
      'the root user',
    ],
    [
      'a service',
      { type: 'AWSService', invokedBy: 'cloudformation.amazonaws.com' },
      'cloudformation.amazonaws.com',
    ],
    [
      'a service for a person',
      session('deployer', 'ci', { invokedBy: 'cloudformation.amazonaws.com' }),
      'ci, as the role deployer, through cloudformation.amazonaws.com',
    ],
    [
      'a node',
      session('nodes', 'i-0123456789abcdef0'),
      'the node i-0123456789abcdef0',
    ],
    ['what nothing is known of', {}, 'unknown'],
  ])('name %s', (_who, userIdentity, by) => {
    const [found] = read([
      change('DeleteRole', { roleName: 'api' }, { userIdentity }),
    ]);
    expect(found.by).toBe(by);
  });

  it('hold no document, and text of others as one line of bounded length', () => {
    const evil = `\u001b[31m\n\u202eSessionToken=abc${'x'.repeat(5_000)}`;
    const event = decodeCloudTrailEvent(
      change(
        'PutRolePolicy',
        { roleName: 'api', policyName: evil, policyDocument: DOCUMENT },
        { userIdentity: session('platform-admin', evil) },
      ),
    )!;
    const [found] = identityChanges([event], SUBJECT);
    for (const text of [JSON.stringify(event), found.what, found.by!]) {
      expect(text).not.toMatch(/NEVERKEPT|\\u001b|\\n|\u202e|=abc/);
      expect(text.length).toBeLessThan(5_000);
    }
  });
});
