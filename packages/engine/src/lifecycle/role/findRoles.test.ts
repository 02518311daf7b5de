import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { defaultRoleName } from '../../identity/names';
import { createTags, PREVIOUS_ROLES_TAG } from '../../identity/ownership';
import { type Answers, awsError } from '../../aws/__testUtils__/awsClient';
import { awsScope } from '../__testUtils__/awsScope';
import { planScope } from '../__testUtils__/planScope';
import {
  type AccountRole,
  accountWith,
  roleArn,
} from '../__testUtils__/roleAccount';
import { subjectOf } from '../steps/scope';
import { findRoles } from './findRoles';

const plain = planScope();
const DEFAULT = defaultRoleName(plain.cluster.name, plain.target);
const mine = createTags(subjectOf(plain), { tags: {} });
const ofJobs = { ...mine, [MARK_TAGS.serviceAccount]: 'jobs' };
const SEARCH = 'GetAccountAuthorizationDetails';
const elsewhere = { Version: '2012-10-17', Statement: [] };

async function find(
  roles: Record<string, AccountRole>,
  {
    association,
    last,
    answers = {},
    ...options
  }: {
    association?: { role: string; tags?: object };
    last?: object;
    answers?: Answers;
    naming?: any;
    entityRef?: string;
    entityOf?: any;
  } = {},
) {
  const { scope, names, sent } = awsScope(
    { ...accountWith(roles), ...answers },
    { lastAssociate: last as any },
  );
  const found = await findRoles(
    scope,
    Promise.resolve(
      association &&
        ({
          roleArn: roleArn(association.role),
          tags: association.tags ?? {},
        } as any),
    ),
    { entityOf: () => undefined, ...options },
  );
  return {
    roles: found.roles.map(({ name, named }) => (named ? `${name}!` : name)),
    whole: found.roles,
    warning: found.warning,
    isSearched: names().includes(SEARCH),
    read: sent.flatMap(({ name, input }) =>
      name === 'GetRole' ? input.RoleName : [],
    ),
  };
}

it.each<[string, Parameters<typeof find>, string[]]>([
  ['the one by the default name', [{ [DEFAULT]: { tags: mine } }], [DEFAULT]],
  [
    'the one of the association, and those that it had before',
    [
      { now: { tags: mine }, once: {}, twice: {} },
      {
        association: {
          role: 'now',
          tags: { [PREVIOUS_ROLES_TAG]: 'once gone twice' },
        },
      },
    ],
    ['now!', 'once!', 'twice!'],
  ],
  [
    'the one that the last run set',
    [
      { set: { tags: mine }, asked: {} },
      {
        last: {
          result: { roleArn: roleArn('set') },
          input: { roleArn: roleArn('asked') },
        },
      },
    ],
    ['set!'],
  ],
  [
    'the one that the last run asked for, by ARN',
    [
      { asked: { tags: mine } },
      { last: { input: { roleArn: roleArn('asked') } } },
    ],
    ['asked!'],
  ],
  [
    'the one that the last run asked for, by name',
    [{ asked: { tags: mine } }, { last: { input: { roleName: 'asked' } } }],
    ['asked'],
  ],
  [
    'the one of a sibling that trusts this service account',
    [{ [DEFAULT]: { tags: ofJobs } }],
    [DEFAULT],
  ],
])(
  'finds %s, without a search of the account',
  async (_, [roles, options], found) => {
    const { isSearched, ...rest } = await find(roles, options);
    expect(rest.roles).toEqual(found);
    expect(isSearched).toBe(false);
  },
);

it('reads each role once, with its instance profiles', async () => {
  const { read, whole } = await find({ [DEFAULT]: { tags: mine } });
  expect(read).toEqual([DEFAULT]);
  expect(whole[0].instanceProfiles).toEqual([`profile-of-${DEFAULT}`]);
});

it('takes the name that the strategy gives for the entity of the association', async () => {
  const naming = ({ entityRef }: any) => `role-of-${entityRef}`;
  const { roles, read } = await find(
    { 'role-of-api': { tags: mine } },
    { naming, entityOf: () => 'api' },
  );
  expect(roles).toEqual(['role-of-api']);
  expect(read).toEqual(['role-of-api']);
});

it('does not look for another role where the association names one, be it of others', async () => {
  const { roles, isSearched } = await find(
    { theirs: {}, lost: { tags: mine } },
    { association: { role: 'theirs' } },
  );
  expect([roles, isSearched]).toEqual([['theirs!'], false]);
});

it.each<[string, Parameters<typeof find>, string[]]>([
  [
    'no likely name leads to one',
    [{ lost: { tags: mine }, other: {} }],
    ['lost'],
  ],
  [
    'a likely name leads to one of others',
    [{ [DEFAULT]: {}, lost: { tags: mine } }],
    [DEFAULT, 'lost'],
  ],
  [
    'a sibling has the likely name, and trusts others',
    [{ [DEFAULT]: { tags: ofJobs, trust: elsewhere }, lost: { tags: mine } }],
    [DEFAULT, 'lost'],
  ],
  [
    'the role of the association is gone',
    [{ lost: { tags: mine } }, { association: { role: 'gone' } }],
    ['lost'],
  ],
])('searches the account where %s', async (_, [roles, options], found) => {
  const { isSearched, warning, ...rest } = await find(roles, options);
  expect([rest.roles, isSearched, warning]).toEqual([found, true, undefined]);
});

describe('a search of the account', () => {
  it('leaves out a role that is gone by the time it is read', async () => {
    const { roles } = await find(
      { lost: { tags: mine } },
      {
        answers: {
          GetRole: () => {
            throw awsError('NoSuchEntityException');
          },
        },
      },
    );
    expect(roles).toEqual([]);
  });

  const pages = (count: number) => {
    let page = 0;
    return {
      [SEARCH]: () => {
        page += 1;
        return {
          RoleDetailList: [],
          ...(page < count ? { Marker: `${page}` } : {}),
        };
      },
    };
  };

  it.each([
    [30, undefined],
    [31, /too many roles to search them all for one of api/],
  ])('goes on for 30 pages, and warns of more: %d', async (count, said) => {
    const { warning } = await find({}, { answers: pages(count) });
    expect(warning ?? '').toMatch(said ?? /^$/);
  });

  it('is left out with a warning where the portal is not allowed to', async () => {
    const { warning, roles } = await find(
      {},
      {
        answers: {
          [SEARCH]: () => {
            throw awsError('AccessDenied');
          },
        },
      },
    );
    expect(roles).toEqual([]);
    expect(warning).toMatch(
      /would not be found, because .* \(AccessDenied, iam:GetAccountAuthorizationDetails\)\.$/,
    );
  });

  it('ends with the operation', async () => {
    const answers = {
      [SEARCH]: () => {
        throw awsError('AbortError');
      },
    };
    await expect(find({}, { answers })).rejects.toThrow();
  });
});
