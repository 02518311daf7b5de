import { memoryStore } from './__testUtils__/memoryStore';
import { USE_MS } from './FleetStore';

const memory = memoryStore();
const named = (serviceAccount: string) => ({
  cluster: 'prod',
  namespace: 'shop',
  serviceAccount,
});

it.each<['denied' | 'irsa', string]>([
  ['denied', 'deniedAt'],
  ['irsa', 'irsaAt'],
])('the fleet shows whose use was "%s" of late', async (use, at) => {
  const since = memory.now - USE_MS[use];
  const names = ['just', 'before', 'other', 'never'];
  await memory.store.associations.upsert(
    names.map(name => ({
      ref: named(name),
      associationId: name,
      arn: name,
      owner: 'portal',
      orphan: false,
      drift: false,
      listedAt: 1,
    })),
  );
  const seen = (name: string, more: object) =>
    memory.store.evidence.write(named(name), undefined, { days: [], ...more });
  await seen('just', { [at]: since });
  await seen('before', { [at]: since - 1 });
  const { now } = memory;
  await seen('other', {
    usedAt: now,
    ...(use === 'denied' ? { irsaAt: now } : { deniedAt: now }),
  });
  const { items } = await memory.store.fleet.page({ use }, { limit: 9 } as any);
  expect(items.map(({ ref }) => ref.serviceAccount)).toEqual(['just']);
});
