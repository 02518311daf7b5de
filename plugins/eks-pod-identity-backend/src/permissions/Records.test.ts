import { NotAllowedError } from '@backstage/errors';
import type { CatalogEntity } from 'eks-pod-identity-engine/portal';
import type { Holder } from '../store';
import type { Caller } from './caller';
import { Records, type RecordsDeps } from './Records';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };
const ADA = {
  principal: { type: 'user', userEntityRef: 'user:default/ada' },
} as Caller;
const SERVICE = {
  principal: { type: 'service', subject: 'external:x' },
} as Caller;
const holder = (name: string, ...ownerRefs: string[]): Holder => ({
  entityRef: `component:default/${name}`,
  uid: `uid-${name}`,
  ownerRefs,
});
const API = holder('api', 'group:default/a');
const GONE = holder('gone', 'group:default/b');
const MINE = holder('mine', 'group:default/ada');

/** Over a portal in which `present` has the identity, and Ada has these claims. */
function recordsOver({
  present,
  claims = ['user:default/ada'],
  catalog = [],
  readable = true,
}: {
  present?: Holder;
  claims?: string[];
  catalog?: Holder[];
  readable?: boolean;
}) {
  return new Records({
    administrators: {
      require: async () => {
        throw new NotAllowedError('only administrators');
      },
    },
    config: { administrators: ['group:default/admins'] },
    authorizer: {
      requireRead: async () => {
        if (!readable) throw new NotAllowedError('no read');
      },
    },
    entities: {
      find: async (entityRef: string) =>
        catalog.find(one => one.entityRef === entityRef) as
          | CatalogEntity
          | undefined,
    },
    store: { owners: { find: async () => present } },
    userInfo: {
      getUserInfo: async () => ({
        userEntityRef: 'user:default/ada',
        ownershipEntityRefs: claims,
      }),
    },
  } as unknown as RecordsDeps);
}

describe('what was recorded of a service account', () => {
  it.each<
    [
      string,
      Parameters<typeof recordsOver>[0],
      (Holder | undefined)[],
      (Holder | undefined)[],
    ]
  >([
    ['is for the entity that has it', { present: API }, [API], [API]],
    ['is not for the next one', { present: API }, [API, GONE], [API]],
    [
      'is for its owner still',
      { present: API, claims: ['group:default/ada'], catalog: [MINE] },
      [API, MINE, GONE],
      [API, MINE],
    ],
    [
      'is for an administrator',
      { present: API, claims: ['group:default/admins'] },
      [API, GONE],
      [API, GONE],
    ],
    ['is of no entity, and none has it', {}, [undefined], [undefined]],
    ['is of no entity, and one has it', { present: API }, [undefined], []],
    ['is of an entity, and none has it any more', {}, [API], []],
  ])('%s', async (_, world, holders, readable) => {
    expect(await recordsOver(world).readable(ref, holders, ADA)).toEqual(
      readable,
    );
  });

  it('is all for a service', async () => {
    expect(
      await recordsOver({ present: API }).readable(
        ref,
        [GONE, undefined],
        SERVICE,
      ),
    ).toEqual([GONE, undefined]);
  });

  it('is opened to its initiator, without a right to read', async () => {
    const records = recordsOver({ present: API, readable: false });
    await records.requireRead(
      'operation 1',
      { ref, holder: GONE, initiator: 'user:default/ada' },
      ADA,
    );
    await expect(
      records.requireRead(
        'operation 1',
        { ref, holder: API, initiator: 'user:default/bob' },
        ADA,
      ),
    ).rejects.toThrow('no read');
  });

  it('is opened to a reader of the identity if it is about the one that has it', async () => {
    const records = recordsOver({ present: API });
    await records.requireRead('report 1', { ref, holder: API }, ADA);
    await expect(
      records.requireRead('report 1', { ref, holder: GONE }, ADA),
    ).rejects.toThrow(
      'You are not allowed to see report 1: it is about prod/payments/api when another component had its identity',
    );
  });

  it('keeps its facts for administrators', async () => {
    await expect(recordsOver({}).requireFacts(ADA)).rejects.toThrow(
      'only administrators',
    );
  });
});
