import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { entity, USER } from '../../guardrails/__testUtils__/context';
import { defaultRoleNames } from '../../identity/names';
import { createTags } from '../../identity/ownership';
import { awsScope } from '../__testUtils__/awsScope';
import { planScope } from '../__testUtils__/planScope';
import {
  type AccountRole,
  accountWith,
  roleArn,
} from '../__testUtils__/roleAccount';
import { subjectOf, type Scope } from '../steps/scope';
import { chooseRole, mayUseRole, proposeRoleName } from './roleChoice';

const plain = planScope();
const [FIRST, SECOND] = defaultRoleNames(plain.cluster.name, plain.target);
const PATH = plain.cluster.rolePath;
const API = 'component:default/api';
const mine = createTags(subjectOf(plain), { tags: {}, entityRef: API });
const sibling = { ...mine, [MARK_TAGS.serviceAccount]: 'jobs' };
const far = { ...sibling, [MARK_TAGS.namespace]: 'stock' };
/** As the owner of a role tags it by hand. */
const byHand = { [MARK_TAGS.entityRef]: API, [MARK_TAGS.entityUid]: 'uid-api' };

interface Asked {
  input?: object;
  /** Name or ARN of the role of the association; it is ours unless `tags` say otherwise. */
  association?: { role: string; tags?: object };
  last?: object;
  naming?: any;
  claimant?: object;
  adopt?: string[];
  /** Further clusters of the portal, each like the one of the ref but for this. */
  clusters?: object[];
}

function asking(roles: Record<string, AccountRole>, asked: Asked) {
  const clusters = [{}, ...(asked.clusters ?? [])].map(more => ({
    ...plain.cluster,
    ...more,
  }));
  const { scope: open } = awsScope(accountWith(roles), {
    clusters: { list: () => clusters } as any,
    lastAssociate: asked.last as any,
    claimant: asked.claimant as any,
    entity: asked.claimant ? entity('api', 'group:default/a') : undefined,
    findEntity: async () => undefined,
  });
  const { cluster } = open;
  const guardrails = {
    ...cluster.guardrails,
    roles: { adopt: asked.adopt ?? [] },
  };
  return { ...open, cluster: { ...cluster, guardrails } } as Scope;
}

async function choose(roles: Record<string, AccountRole>, asked: Asked = {}) {
  const { role = '', tags = mine } = asked.association ?? {};
  const association = asked.association && {
    id: 'a-1',
    roleArn: role.startsWith('arn:') ? role : roleArn(role, PATH),
    tags,
  };
  const choice: any = await chooseRole(
    asking(roles, asked),
    { input: asked.input ?? {} } as any,
    Promise.resolve(association as any),
    asked.naming,
  ).catch((error: Error) => error);
  if (choice instanceof Error) return `${choice.name}: ${choice.message}`;
  const { how, by, usable } = choice;
  const name = choice.name ?? choice.live.name;
  return [how, by, usable === undefined ? undefined : `usable: ${usable}`, name]
    .filter(Boolean)
    .join(' ');
}

const at = (tags: object = mine, path = PATH) => ({ tags: tags as any, path });
const create = (name: string) => `create ${name}`;

describe('without a named role', () => {
  it.each<[string, Parameters<typeof choose>, string]>([
    ['one is made by the default name', [{}], create(FIRST)],
    ['that of the ref is used', [{ [FIRST]: at() }], `own ${FIRST}`],
    [
      'a name that others hold is passed over',
      [{ [FIRST]: at({}) }],
      create(SECOND),
    ],
    [
      'the next name may have the role of the ref',
      [{ [FIRST]: at({}), [SECOND]: at() }],
      `own ${SECOND}`,
    ],
    [
      'the name of a strategy is the only one',
      [{ x: at({}) }, { naming: () => 'x' }],
      'taken usable: false x',
    ],
    [
      'that of the association stays',
      [{ other: at(), [FIRST]: at() }, { association: { role: 'other' } }],
      'own other',
    ],
    [
      'that of the association is made again where it was deleted',
      [{}, { association: { role: 'gone' } }],
      create('gone'),
    ],
    [
      'one at another path is not made again',
      [{}, { association: { role: roleArn('gone', '/theirs/') } }],
      create(FIRST),
    ],
    [
      'one of the name of that of the association, at another path, is no reason to take it',
      [{ other: at(mine, '/moved/') }, { association: { role: 'other' } }],
      create('other'),
    ],
    [
      'the association of others says nothing',
      [{ other: at() }, { association: { role: 'other', tags: {} } }],
      create(FIRST),
    ],
    [
      'that of the association is left where the request is not allowed to use it',
      [{ other: at({}) }, { association: { role: 'other' } }],
      create(FIRST),
    ],
    [
      'the strategy names the next one then',
      [
        { other: at({}) },
        { association: { role: 'other' }, naming: () => 'x' },
      ],
      create('x'),
    ],
    [
      'the next free name is taken then',
      [{ other: at({}), [FIRST]: at({}) }, { association: { role: 'other' } }],
      create(SECOND),
    ],
    [
      'the name of the strategy is the only one then',
      [
        { other: at({}), x: at({}) },
        { association: { role: 'other' }, naming: () => 'x' },
      ],
      'taken usable: false x',
    ],
    [
      'that of the association stays which has the default name',
      [{ [FIRST]: at() }, { association: { role: FIRST } }],
      `own ${FIRST}`,
    ],
    [
      'the entity of the association shares the role that it has',
      [{ other: at(sibling) }, { association: { role: 'other' } }],
      'shared other',
    ],
    [
      'the entity of the request goes before that of the association',
      [
        { other: at(sibling) },
        {
          association: { role: 'other' },
          input: { entityRef: 'component:default/jobs' },
        },
      ],
      create(FIRST),
    ],
  ])('%s', async (_, [roles, asked], chosen) => {
    expect(await choose(roles, asked)).toBe(chosen);
  });
});

describe('the role that the last run set', () => {
  const set = (path = PATH, more: object = {}) => ({
    last: { result: { applied: true, roleArn: roleArn('set', path) }, ...more },
    association: { role: 'other' },
  });

  it.each<[string, Record<string, AccountRole>, Asked, string]>([
    ['is used again', { set: at(), other: at() }, set(), 'own set'],
    ['is made again', { other: at() }, set(), create('set')],
    [
      'is not made again at another path',
      { other: at() },
      set('/x/'),
      'own other',
    ],
    [
      'is another one by now',
      { set: at(mine, '/x/'), other: at() },
      set(),
      'own other',
    ],
    [
      'is not allowed for the request',
      { set: at({}), other: at() },
      set(),
      'own other',
    ],
    [
      'was named by a request',
      { set: at(), other: at() },
      set(PATH, { input: { roleArn: 'x' } }),
      'own other',
    ],
    [
      'was only planned',
      { set: at(), other: at() },
      {
        ...set(),
        last: { result: { applied: false, roleArn: roleArn('set', PATH) } },
      },
      'own other',
    ],
    [
      'is that of the association',
      { set: at() },
      { ...set(), association: { role: 'set' } },
      'own set',
    ],
  ])('%s', async (_, roles, asked, chosen) => {
    expect(await choose(roles, asked)).toBe(chosen);
  });
});

describe('a role named by its name', () => {
  const input = { roleName: 'x', entityRef: API };

  it.each<[string, Record<string, AccountRole>, string]>([
    ['is made', {}, create('x')],
    ['is used where it is of the ref', { x: at() }, 'own x'],
    ['is taken where others have it', { x: at({}) }, 'taken usable: false x'],
    ['is taken, and could be used', { x: at(byHand) }, 'taken usable: true x'],
  ])('%s', async (_, roles, chosen) => {
    expect(await choose(roles, { input })).toBe(chosen);
  });

  it('shows the ARN of a role of others only where it could be used', async () => {
    const arnOf = async (tags: object) => {
      const scope = asking({ x: at(tags, '/theirs/') }, {});
      const choice = await chooseRole(
        scope,
        { input } as any,
        Promise.resolve(undefined),
        undefined,
      );
      return choice.arn;
    };
    expect(await arnOf(byHand)).toBe(roleArn('x', '/theirs/'));
    expect(await arnOf({})).toBe(roleArn('x', PATH));
  });
});

describe('a role named by its ARN', () => {
  const input = { roleArn: roleArn('x', PATH), entityRef: API };
  const adopt = ['arn:aws:iam::111122223333:role/*'];
  const of = (tags: object, more: Asked = {}) =>
    choose({ x: at(tags) }, { input, ...more });

  it('is used by a service where its tags or a guardrail say so', async () => {
    expect(await of(mine)).toBe('own x');
    expect(await of(sibling)).toBe('shared x');
    expect(await of(byHand)).toBe('adopted tag x');
    expect(await of({}, { adopt })).toBe('adopted guardrail x');
    expect(await of({})).toMatch(
      /^NotAllowedError: You are not allowed to use/,
    );
  });

  it('is not shared with the service account of another entity', async () => {
    const other = {
      ...sibling,
      [MARK_TAGS.entityRef]: 'component:default/jobs',
    };
    expect(await of(other)).toMatch(/^NotAllowedError: /);
  });

  it('is refused to a user who does not own what it was made for', async () => {
    const stranger = { ...USER, claims: new Set(['group:default/b']) };
    for (const tags of [mine, sibling, byHand])
      expect(await of(tags, { claimant: stranger })).toMatch(
        /^NotAllowedError: /,
      );
    expect(await of(mine, { claimant: USER })).toBe('own x');
  });

  const may = (...refs: string[]): Asked => ({
    claimant: { ...USER, mayUpdate: new Set(refs) },
  });
  const twice = { clusters: [{ id: 'again' }] };

  it.each<[string, Asked, string]>([
    ['the user may change it', may('payments/stock/jobs'), 'shared x'],
    [
      'the user may change it under one of the names of its cluster',
      { ...may('again/stock/jobs'), ...twice },
      'shared x',
    ],
    [
      'the user is an administrator',
      { claimant: { ...USER, isAdministrator: true } },
      'shared x',
    ],
  ])(
    'made for another namespace is used where %s',
    async (_, asked, chosen) => {
      expect(await of(far, asked)).toBe(chosen);
    },
  );

  it.each<[string, Asked, object?]>([
    ['the user has no right at all', { claimant: USER }],
    ['the right is to another one there', may('payments/stock/api')],
    ['the right is to one in another namespace', may('payments/shop/jobs')],
    ...['accountId', 'name', 'region'].map((key): [string, Asked] => [
      `the right is on a cluster of another ${key}`,
      { ...may('else/stock/jobs'), clusters: [{ id: 'else', [key]: 'other' }] },
    ]),
    [
      'its cluster is none of the portal',
      may('payments/stock/jobs'),
      { [MARK_TAGS.cluster]: 'gone' },
    ],
  ])('made for another namespace is not shared where %s', async (...row) => {
    const [, asked, tags] = row;
    expect(await of({ ...far, ...tags }, asked)).toMatch(
      /^NotAllowedError: The role x cannot be shared/,
    );
  });

  it('made for another entity is used where a guardrail opens it, for every user', async () => {
    const theirs = { ...far, [MARK_TAGS.entityRef]: 'component:default/jobs' };
    const asked = { claimant: USER, adopt };
    expect(await of(theirs, asked)).toBe('adopted guardrail x');
  });

  it('of others is used by a user where its tags name their component for sure', async () => {
    const asked = { claimant: USER };
    const { [MARK_TAGS.entityUid]: _uid, ...unsure } = byHand;
    const current = (tags: object): Asked => ({
      ...asked,
      association: { role: 'x', tags },
    });
    expect(await of(byHand, asked)).toBe('adopted tag x');
    expect(await of(unsure, asked)).toMatch(/^NotAllowedError/);
    // What the identity has already may be less sure
    expect(await of(unsure, current(mine))).toBe('adopted tag x');
    expect(await of(unsure, current({}))).toMatch(/^NotAllowedError/);
  });

  it('of the same namespace is shared by those who own it', async () => {
    expect(await of(sibling, { claimant: USER })).toBe('shared x');
  });

  it.each([
    [
      [] as string[],
      {},
      /^NotAllowedError: You are not allowed to use the role/,
    ],
    [adopt, {}, /^NotFoundError: roleArn: there is no role .*\/x in account/],
    [
      [],
      { x: at(byHand, '/moved/') },
      /^InputError: .*the role x is .*\/moved\/x, not .*Write it with its path/,
    ],
    [[], { x: at({}, '/moved/') }, /^NotAllowedError: /],
  ])('is not there: adoptable %j, %j', async (patterns, roles, said) => {
    expect(await choose(roles, { input, adopt: patterns })).toMatch(said);
  });

  it('may be named, or not', async () => {
    const scope = asking({ x: at(byHand), y: at({}) }, {});
    const mayName = (arn: string) =>
      mayUseRole(scope, arn, { input: { entityRef: API } } as any);
    expect(await mayName(roleArn('x', PATH))).toBe(true);
    expect(await mayName(roleArn('x', '/else/'))).toBe(false);
    expect(await mayName(roleArn('y', PATH))).toBe(false);
    expect(await mayName(roleArn('z', PATH))).toBe(false);
  });
});

it('lets a strategy name the role, in letters that IAM accepts', () => {
  const naming = jest.fn(() => 'x');
  expect(proposeRoleName(plain, API, naming)).toBe('x');
  expect(naming).toHaveBeenCalledWith({
    ref: plain.ref,
    cluster: expect.objectContaining({ name: 'payments' }),
    entityRef: API,
    defaultName: FIRST,
  });
  expect(() => proposeRoleName(plain, API, () => 'a b')).toThrow(
    /proposed "a b", which IAM does not accept/,
  );
});
