import { packages } from '../../async/packages';
import {
  type Answers,
  awsClient,
  awsError,
} from '../../aws/__testUtils__/awsClient';
import { context, OUR_TAGS } from '../__testUtils__/judge';
import type { Collecting } from '../framework/collecting';
import { type Fact, known, lacking, valueOf } from '../framework/fact';
import {
  collectInlinePolicies,
  collectNamesake,
  collectRole,
  collectRolePolicies,
  collectTargetRole,
} from './awsRole';
import { REVOKES } from '../workloads/formerCredentials';
import { collectRoleLimits } from './roleLimits';

const roleArn = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const unread = lacking({ kind: 'unreachable', sentence: 'No answer.' });
const document = {
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
};
const encoded = encodeURIComponent(JSON.stringify(document));

const fail = (name: string) => () => {
  throw awsError(name);
};

/** The account has these roles, by name, with their ARN and their tags. */
const having = (
  roles: Record<string, { arn?: string; tags?: Record<string, string> }>,
): Answers => ({
  GetRole: ({ RoleName }) => {
    if (!roles[RoleName]) throw awsError('NoSuchEntityException');
    const { arn = roleArn(RoleName), tags = {} } = roles[RoleName];
    return {
      Role: {
        Arn: arn,
        RoleName,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      },
    };
  },
});

/** A run with these facts, where IAM answers so. */
function collecting(
  answers: Answers,
  facts: Record<string, Fact<unknown>>,
  { operation = {}, request = {} } = {},
) {
  const iam = awsClient(packages.iam.IAMClient, (name, input) => {
    if (!answers[name]) throw awsError('AccessDenied');
    return answers[name](input);
  });
  return {
    request: { ref: context.ref, probe: 'pod', ...request },
    signal: new AbortController().signal,
    get: async (name: string) => facts[name],
    read: {
      role: 'read',
      cluster: {
        ...context.cluster,
        guardrails: { roles: { adopt: [roleArn('open-*')] } },
      },
      aws: { iam },
    },
    operation: {
      config: { portalId: 'portal' },
      clusters: { list: () => [] },
      clock: { now: () => context.now },
      ...operation,
    },
  } as unknown as Collecting;
}

const role = { arn: roleArn('api'), name: 'api' };
const associated = (name: string, more = {}) =>
  known({ roleArn: roleArn(name), ...more });

describe('the role', () => {
  it('is that of the association, and only at its own path', async () => {
    const roles = having({
      api: {},
      other: { arn: roleArn('team/other') },
    });
    const read = (name: string) =>
      collectRole(collecting(roles, { association: associated(name) }));
    expect(await read('api')).toMatchObject({ value: { arn: roleArn('api') } });
    expect(await read('other')).toEqual(known(null));
    expect(await read('none')).toEqual(known(null));
  });

  describe('that is expected, where no association names one', () => {
    const nothing = { lack: { because: 'association.exists' } };
    const expected = (
      name: string,
      tags: Record<string, string> = {},
      more = {},
      association: Fact<unknown> = known(null),
    ) =>
      collectRole(
        collecting(
          having({ [name]: { tags } }),
          {
            association,
            expected: known({ settings: { roleArn: roleArn(name) } }),
          },
          more,
        ),
      );

    it('is shown where a guardrail opens it', async () => {
      expect(await expected('open-one')).toMatchObject({ known: true });
    });

    it('is shown where it is tagged for this service account, or for the entity of the request', async () => {
      expect(await expected('mine', OUR_TAGS)).toMatchObject({ known: true });
      const entityRef = 'component:default/api';
      const tags = { 'backstage.io/entity-ref': entityRef };
      expect(
        await expected('tagged', tags, { request: { entityRef } }),
      ).toMatchObject({ known: true });
    });

    it('looks like none where it is of another owner', async () => {
      expect(await expected('theirs')).toMatchObject(nothing);
      expect(
        await expected('theirs', {
          'backstage.io/entity-ref': 'component:a/b',
        }),
      ).toMatchObject(nothing);
    });

    it.each([
      ['is shown to the owner of the component', 'ada', { known: true }],
      ['looks like none to another user', 'sam', nothing],
    ])('that was made for a component %s', async (_, name, shown) => {
      const tags = {
        ...OUR_TAGS,
        'backstage.io/entity-ref': 'component:default/other',
      };
      const owner = 'user:default/ada';
      const operation = {
        claimant: {
          isAdministrator: false,
          claims: new Set([`user:default/${name}`]),
        },
        findEntity: async (entityRef: string) => ({
          entityRef,
          ownerRefs: [owner],
        }),
      };
      expect(await expected('mine', tags, { operation })).toMatchObject(shown);
    });

    it('is shown where this very task has just associated it', async () => {
      const result = (applied: boolean, name: string) => ({
        operation: {
          lastAssociate: { result: { applied, roleArn: roleArn(name) } },
        },
      });
      expect(await expected('new', {}, result(true, 'new'))).toMatchObject({
        known: true,
      });
      for (const last of [result(false, 'new'), result(true, 'other')]) {
        expect(await expected('new', {}, last)).toMatchObject(nothing);
      }
    });

    it('is unknown where the association is', async () => {
      expect(await expected('theirs', {}, {}, unread)).toBe(unread);
    });
  });
});

describe('a role of the same name', () => {
  const namesake = (roles: Answers, found: Fact<unknown> = known(null)) =>
    collectNamesake(
      collecting(roles, { association: associated('api'), role: found }),
    );

  it('is named where the role of the association is not there', async () => {
    const arn = roleArn('team/api');
    expect(await namesake(having({ api: { arn } }))).toEqual(known(arn));
    expect(await namesake(having({ api: {} }))).toEqual(known(null));
    expect(await namesake(having({}))).toEqual(known(null));
  });

  it('is not looked for where the role is there, or unknown', async () => {
    const roles = having({ api: { arn: roleArn('team/api') } });
    expect(await namesake(roles, known(role))).toEqual(known(null));
    expect(await namesake(roles, unread)).toEqual(known(null));
  });
});

describe('the policies of a role', () => {
  const answers: Answers = {
    ListAttachedRolePolicies: () => ({
      AttachedPolicies: [{ PolicyArn: 'b' }, { PolicyArn: 'a' }],
    }),
    ListRolePolicies: () => ({ PolicyNames: ['z', 'y'] }),
    GetRolePolicy: ({ PolicyName }) => {
      if (PolicyName === 'gone') throw awsError('NoSuchEntityException');
      return { PolicyDocument: encoded };
    },
  };

  it('are named in order', async () => {
    expect(
      await collectRolePolicies(collecting(answers, { role: known(role) })),
    ).toEqual(known({ attached: ['a', 'b'], inline: ['y', 'z'] }));
  });

  it.each(['ListAttachedRolePolicies', 'ListRolePolicies'])(
    'are unknown without %s',
    async name => {
      const refused = { ...answers, [name]: fail('AccessDenied') };
      expect(
        await collectRolePolicies(collecting(refused, { role: known(role) })),
      ).toMatchObject({ lack: { aws: { action: `iam:${name}` } } });
    },
  );

  it('are not read where the role is not there, or unknown', async () => {
    expect(
      await collectRolePolicies(collecting(answers, { role: known(null) })),
    ).toMatchObject({ lack: { because: 'role.exists' } });
    expect(
      await collectRolePolicies(collecting(answers, { role: unread })),
    ).toBe(unread);
  });

  it('of a role are read where they are inline, without those deleted meanwhile', async () => {
    const inline = (policies: Fact<unknown>, of: Fact<unknown> = known(role)) =>
      collectInlinePolicies(
        collecting(answers, { role: of, rolePolicies: policies }),
      );
    const listed = known({ attached: [], inline: ['y', 'gone'] });
    expect(await inline(listed)).toEqual(known([{ name: 'y', document }]));
    expect(await inline(listed, known(null))).toEqual(known([]));
    expect(await inline(unread)).toBe(unread);
  });

  const limits = (
    probe: string,
    policies: { attached: string[]; inline: string[] },
    more: Answers = {},
  ) =>
    collectRoleLimits(
      collecting(
        { ...answers, ...more },
        {
          role: known(role),
          rolePolicies: known(policies),
          inlinePolicies: known([{ name: 'y', document }]),
        },
        { request: { probe } },
      ),
    );

  it.each([
    ['a run with a pod, of a role that has inline ones alone', 'pod', [], true],
    ['a run that only reads', 'none', [], false],
    ['a role that has others', 'pod', ['a'], false],
  ])('limit sessions: %s', async (_, probe, attached, isAsked) => {
    expect(await limits(probe, { attached, inline: ['y'] })).toEqual(
      known(isAsked ? { allowsNothing: true } : {}),
    );
  });

  it.each([
    ['a run that only reads', 'none', []],
    ['a run with a pod of a role that has others', 'pod', ['a']],
  ])(
    'are not read but for the one that revokes sessions, by %s',
    async (_, probe, attached) => {
      const read: string[] = [];
      await limits(
        probe,
        { attached, inline: ['y', REVOKES] },
        {
          GetRolePolicy: ({ PolicyName }) => {
            read.push(PolicyName);
            return { PolicyDocument: encoded };
          },
        },
      );
      expect(read).toEqual([REVOKES]);
    },
  );
});

describe('the target role', () => {
  const chained = associated('api', {
    targetRoleArn: roleArn('target'),
    externalId: 'x',
  });
  const answers: Answers = {
    ...having({ target: {} }),
    GetPolicy: ({ PolicyArn }) => {
      if (PolicyArn === 'secret') throw awsError('AccessDenied');
      return { Policy: { DefaultVersionId: 'v1' } };
    },
    GetPolicyVersion: () => ({ PolicyVersion: { Document: encoded } }),
  };
  const facts = {
    association: chained,
    role: known({ ...role, permissionsBoundaryArn: 'arn:aws:iam::1:policy/b' }),
    rolePolicies: known({ attached: ['open', 'secret'], inline: ['y'] }),
    inlinePolicies: known([{ name: 'y', document }]),
  };
  const target = (more: Record<string, Fact<unknown>> = {}) =>
    collectTargetRole(collecting(answers, { ...facts, ...more }));

  it('is none where the association has none, and unknown where it is', async () => {
    expect(await target({ association: associated('api') })).toEqual(
      known(null),
    );
    expect(await target({ association: unread })).toBe(unread);
  });

  it('comes with what the role before it may do', async () => {
    expect(await target()).toEqual(
      known({
        arn: roleArn('target'),
        externalId: 'x',
        role: expect.objectContaining({ known: true }),
        documents: known([
          { name: 'y', document, inline: true },
          { name: 'open', document },
        ]),
        unread: ['secret'],
        boundary: { name: 'b', document },
      }),
    );
  });

  it('cannot be read in another account', async () => {
    const targetRoleArn = 'arn:aws:iam::444455556666:role/target';
    const fact = await target({
      association: associated('api', { targetRoleArn }),
    });
    expect(valueOf(fact)?.role).toMatchObject({
      lack: { sentence: expect.stringContaining('account 444455556666') },
    });
  });

  it.each([
    ['the names of policies', { rolePolicies: unread }, []],
    ['the role', { role: unread }, []],
    ['the inline policies', { inlinePolicies: unread }, ['secret']],
  ])('says that %s could not be read', async (_, more, secret) => {
    expect(valueOf(await target(more))).toMatchObject({
      documents: unread,
      unread: secret,
    });
  });

  it('knows of no policies where the role is not there', async () => {
    expect(valueOf(await target({ role: known(null) }))).toEqual({
      arn: roleArn('target'),
      externalId: 'x',
      role: expect.objectContaining({ known: true }),
      documents: known([]),
      unread: [],
    });
  });
});
