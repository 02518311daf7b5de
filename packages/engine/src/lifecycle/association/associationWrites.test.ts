import { createTags } from '../../identity/ownership';
import { type Answers, awsError } from '../../aws/__testUtils__/awsClient';
import { awsScope } from '../__testUtils__/awsScope';
import { planScope } from '../__testUtils__/planScope';
import { ARN } from '../__testUtils__/roleSteps';
import { subjectOf } from '../steps/scope';
import type { Deed } from '../steps/Step';
import {
  changeAssociation,
  createAssociation,
  deleteAssociation,
} from './associationWrites';

const plain = planScope();
const mine = createTags(subjectOf(plain), { tags: {} });
const ROLE_2 = `${ARN}-2`;
const TARGET = 'arn:aws:iam::444455556666:role/data';
const SETTINGS = { roleArn: ARN, disableSessionTags: false };
const WANTED = { ...SETTINGS, tags: mine };
const timings = plain.context.config.timings;
const UNKNOWN = 'Role provided in the request does not exist';
const EXISTS = 'Association already exists: a-1';
const unseen = () => {
  throw awsError('ResourceNotFoundException');
};
const invalid = (message: string) => () => {
  throw awsError('InvalidParameterException', message);
};

/** An EKS with one association, which changes and goes as it is asked. */
function eks(
  first: object | undefined,
  more: Answers | ((at: () => number) => Answers) = {},
) {
  let live: any = first && {
    associationId: 'a-1',
    associationArn: 'arn:a-1',
    namespace: 'shop',
    serviceAccount: 'api',
    tags: mine,
    ...SETTINGS,
    ...first,
  };
  const world = awsScope({
    ListPodIdentityAssociations: () => ({ associations: live ? [live] : [] }),
    DescribePodIdentityAssociation: ({ associationId }) =>
      live?.associationId === associationId ? { association: live } : unseen(),
    CreatePodIdentityAssociation: input => {
      live = { ...input, associationId: 'a-2', associationArn: 'arn:a-2' };
      return { association: live };
    },
    UpdatePodIdentityAssociation: ({ associationId, ...settings }) => {
      live = { ...live, ...settings };
      return { association: live };
    },
    DeletePodIdentityAssociation: () => {
      live = undefined;
      return {};
    },
    TagResource: ({ tags }) => {
      live = { ...live, tags: { ...live.tags, ...tags } };
      return {};
    },
    GetRole: () => ({ Role: { Arn: ARN, RoleName: 'api' } }),
    ...(typeof more === 'function' ? more(() => world.clock.now()) : more),
  });
  return {
    ...world,
    live: () => live,
    run: (deed: (scope: typeof world.scope) => Deed) =>
      world.end(deed(world.scope).run(world.step) as Promise<string | void>),
    writes: () =>
      world.sent
        .filter(({ name }) => /^(Create|Update|Delete|Tag)/.test(name))
        .map(({ name }) => name.replace('PodIdentityAssociation', '')),
  };
}

describe('the creation of an association', () => {
  const creating =
    (made: string[], confirmRole = async () => {}) =>
    (scope: any) =>
      createAssociation(scope, WANTED, {
        confirmRole,
        made: id => made.push(id),
      });

  it('takes the role that was confirmed, and tells the id', async () => {
    const made: string[] = [];
    const { run, sent, guarded } = eks(undefined);
    expect(await run(creating(made))).toBe('The association a-2 is there');
    expect(made).toEqual(['a-2']);
    expect(sent).toEqual([
      {
        name: 'CreatePodIdentityAssociation',
        input: {
          ...WANTED,
          clusterName: 'payments',
          namespace: 'shop',
          serviceAccount: 'api',
          disableSessionTags: undefined,
          clientRequestToken: expect.any(String),
        },
      },
    ]);
    expect(guarded).toEqual(['do it']);
  });

  it('sends nothing where the role is another one by now', async () => {
    const { run, sent } = eks(undefined);
    const refused = async () => {
      throw new Error('another role');
    };
    expect(await run(creating([], refused))).toBe('Error: another role');
    expect(sent).toEqual([]);
  });

  it('waits for a role that EKS does not see yet, with one token', async () => {
    const { run, sent, said, clock } = eks(undefined, at => ({
      CreatePodIdentityAssociation: () =>
        at() < 20_000
          ? invalid(UNKNOWN)()
          : { association: { associationId: 'a-2' } },
    }));
    expect(await run(creating([]))).toBe('The association a-2 is there');
    expect(said).toEqual(['Waiting until EKS sees the role api']);
    expect(clock.now()).toBeGreaterThanOrEqual(20_000);
    const tokens = sent.flatMap(({ input }) => input.clientRequestToken ?? []);
    expect(tokens.length).toBeGreaterThan(2);
    expect(new Set(tokens).size).toBe(1);
  });

  it.each<[string, object | undefined, string, number, string]>([
    ['the role', undefined, UNKNOWN, timings.rolePropagation, UNKNOWN],
    [
      'the one that was deleted',
      undefined,
      EXISTS,
      timings.associationGone,
      EXISTS,
    ],
    ['nothing else', undefined, 'Bad request', 0, 'Bad request'],
  ])(
    'gives up after the time for it, waiting for %s',
    async (_, first, ...rest) => {
      const [message, limit, said] = rest;
      const { run, clock } = eks(first, {
        CreatePodIdentityAssociation: invalid(message),
      });
      expect(await run(creating([]))).toBe(
        `InvalidParameterException: ${said}`,
      );
      expect(clock.now()).toBeGreaterThanOrEqual(limit);
      expect(clock.now()).toBeLessThan(limit + 5_000);
    },
  );

  it('takes an equal one that was created meanwhile', async () => {
    const made: string[] = [];
    const { run, said, writes } = eks(
      {},
      { CreatePodIdentityAssociation: invalid(EXISTS) },
    );
    expect(await run(creating(made))).toBe('The association a-1 is there');
    expect([made, said]).toEqual([
      ['a-1'],
      ['An equal association was created meanwhile'],
    ]);
    expect(writes()).toEqual(['Create']);
  });
});

/** What may have happened to an association since the plan. */
const CHANGED: [string, object | undefined, RegExp][] = [
  ['an add-on owns it', { ownerArn: 'arn:addon' }, /an add-on owns it now/],
  ['its tags are gone', { tags: {} }, /no longer carries our ownership tags/],
];

describe('the change of an association', () => {
  const changing =
    (changes: object, ifStill: object = SETTINGS) =>
    (scope: any) =>
      changeAssociation(scope, 'a-1', {
        changes,
        ifStill: ifStill as any,
        wanted: { ...WANTED, ...changes } as any,
      });

  it.each<[string, object | undefined, RegExp]>([
    ...CHANGED,
    ['it is gone', undefined, /it was deleted/],
    ['it has another role', { roleArn: ROLE_2 }, /roleArn is \S+-2/],
  ])('writes nothing where %s', async (_, first, said) => {
    const { run, writes } = eks(first);
    const ended = await run(changing({ disableSessionTags: true }));
    expect(ended).toMatch(/^ConflictError: Association a-1 is no longer what/);
    expect(ended).toMatch(said);
    expect(writes()).toEqual([]);
  });

  it('writes nothing where a value is gone that the plan saw', async () => {
    const { run, writes } = eks({});
    const ifStill = { ...SETTINGS, targetRoleArn: TARGET };
    expect(await run(changing({}, ifStill))).toMatch(/targetRoleArn is none/);
    expect(writes()).toEqual([]);
  });

  it.each<[string, object, string[]]>([
    ['settings', { roleArn: ROLE_2 }, ['Update']],
    ['tags', { tags: { a: 'b' } }, ['TagResource']],
    ['both', { tags: { a: 'b' }, roleArn: ROLE_2 }, ['TagResource', 'Update']],
  ])('writes %s and nothing else', async (_, changes, written) => {
    const { run, writes, live } = eks({});
    expect(await run(changing(changes))).toBeUndefined();
    expect(writes()).toEqual(written);
    expect(live()).toMatchObject({ ...changes, associationId: 'a-1' });
  });

  it('waits for a role that EKS does not see yet', async () => {
    const { run, said } = eks({}, at => ({
      UpdatePodIdentityAssociation: () =>
        at() < 9_000 ? invalid(UNKNOWN)() : {},
    }));
    expect(await run(changing({ disableSessionTags: true }))).toBeUndefined();
    expect(said).toEqual(['Waiting until EKS sees the role api']);
  });

  it('ends where the role that it has is gone from IAM', async () => {
    const { run } = eks(
      {},
      {
        UpdatePodIdentityAssociation: invalid(UNKNOWN),
        GetRole: unseen,
      },
    );
    const ended = await run(changing({ disableSessionTags: true }));
    expect(ended).toMatch(/ConflictError: .*role\/api does not exist, and IAM/);
  });

  const clearing = changing(
    { targetRoleArn: '' },
    { ...SETTINGS, targetRoleArn: TARGET },
  );
  const tagged = { targetRoleArn: TARGET, tags: { ...mine, team: 'a' } };

  it('leaves one whose value AWS has cleared', async () => {
    const { run, writes } = eks(tagged);
    expect(await run(clearing)).toBeUndefined();
    expect(writes()).toEqual(['Update']);
  });

  it('makes one again where AWS has cleared one value of two', async () => {
    const { run, writes } = eks(tagged, {
      UpdatePodIdentityAssociation: () => ({}),
    });
    const both = changing(
      { targetRoleArn: '', policy: '' },
      { ...SETTINGS, targetRoleArn: TARGET },
    );
    expect(await run(both)).toBe('Replaced by the association a-2');
    expect(writes()).toEqual(['Update', 'Delete', 'Create']);
  });

  it('makes one again whose value AWS does not clear, with the tags that it had', async () => {
    const { run, writes, said, sent, guarded } = eks(tagged, {
      UpdatePodIdentityAssociation: () => ({}),
    });
    expect(await run(clearing)).toBe('Replaced by the association a-2');
    expect(writes()).toEqual(['Update', 'Delete', 'Create']);
    expect(said[0]).toMatch(
      /^AWS did not clear the value of a-1: it is deleted/,
    );
    expect(sent.at(-1)!.input.tags).toEqual({ ...mine, team: 'a' });
    expect(guarded).toEqual([
      'do it',
      'delete the association a-1',
      'create the association of shop/api',
    ]);
  });
});

describe('the deletion of an association', () => {
  const deleting = (scope: any) =>
    deleteAssociation(scope, 'a-1', { roleArn: ARN });
  const IS_GONE = 'The association a-1 is gone';

  it.each<[string, object | undefined, RegExp]>([
    ...CHANGED,
    ['it has another role', { roleArn: ROLE_2 }, /its role is \S+-2 now/],
  ])('is left out where %s', async (_, first, said) => {
    const { run, writes } = eks(first);
    expect(await run(deleting)).toMatch(said);
    expect(writes()).toEqual([]);
  });

  it('ends once nothing shows it, without a word where that is at once', async () => {
    const { run, said, live } = eks({});
    expect([await run(deleting), said, live()]).toEqual([
      IS_GONE,
      [],
      undefined,
    ]);
  });

  it.each(['DescribePodIdentityAssociation', 'ListPodIdentityAssociations'])(
    'waits as long as %s shows it, and asks the other one once',
    async late => {
      const one = {
        associationId: 'a-1',
        namespace: 'shop',
        serviceAccount: 'api',
        tags: mine,
        roleArn: ARN,
      };
      const { run, said, names, clock } = eks({}, at => ({
        [late]: () => {
          if (at() < 10_000) return { association: one, associations: [one] };
          return late.startsWith('List') ? { associations: [] } : unseen();
        },
      }));
      expect(await run(deleting)).toBe(IS_GONE);
      expect(said).toEqual([
        'Waiting until the association is gone everywhere',
      ]);
      expect(clock.now()).toBeGreaterThanOrEqual(10_000);
      const asked = (name: string) =>
        names().filter(other => other === name).length;
      expect(asked(late)).toBeGreaterThan(3);
      // And once before it deletes
      expect(
        asked('DescribePodIdentityAssociation') +
          asked('ListPodIdentityAssociations'),
      ).toBe(asked(late) + (late.startsWith('List') ? 2 : 1));
    },
  );

  it('says that AWS still shows it after the time for that', async () => {
    const { run, clock } = eks(
      {},
      { DeletePodIdentityAssociation: () => ({}) },
    );
    expect(await run(deleting)).toBe(
      `ServiceUnavailableError: AWS accepted the deletion of the association a-1 but still shows it after ${
        timings.associationGone / 1000
      } s. Run it again in a minute.`,
    );
    expect(clock.now()).toBe(timings.associationGone);
  });

  const failing = (name: string) => ({
    DeletePodIdentityAssociation: () => {
      throw awsError(name);
    },
  });

  it.each<[string, object | undefined, string, string]>([
    ['it is gone already', undefined, 'ResourceNotFoundException', IS_GONE],
    [
      'it is gone, and the right with it',
      undefined,
      'AccessDeniedException',
      IS_GONE,
    ],
    [
      'the portal is not allowed to',
      {},
      'AccessDeniedException',
      'AccessDeniedException: AWS said no',
    ],
    ['AWS has trouble', {}, 'ServerException', 'ServerException: AWS said no'],
  ])('ends as it has to where %s', async (_, first, name, ended) => {
    expect(await eks(first, failing(name)).run(deleting)).toBe(ended);
  });
});
