import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { memoryStore } from './__testUtils__/memoryStore';
import type { EntityLink } from './EntityRefStore';

const memory = memoryStore();
const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const jobs = { ...ref, serviceAccount: 'jobs' };
const elsewhere = { ...ref, cluster: 'dev' };
const API = 'component:default/api';
const OTHER = 'component:default/other';

const link = (to: typeof ref, more: Partial<EntityLink> = {}): EntityLink => ({
  entityRef: API,
  ref: to,
  source: 'annotation',
  ...more,
});

const links = () => memory.store.entityRefs;
/** How many statements a call sends that write. */
async function writes(call: () => Promise<unknown>) {
  let count = 0;
  const note = ({ sql }: { sql: string }) => {
    if (/^(insert|update|delete)/i.test(sql)) count += 1;
  };
  memory.knex.on('query', note);
  await call();
  memory.knex.off('query', note);
  return count;
}

it('replaces the links of an entity that one source tells, and leaves the others', async () => {
  const tag = link(ref, { source: 'aws-tag' });
  const foreign = link(ref, { entityRef: OTHER });
  await links().add([tag, foreign, link(elsewhere)]);
  const all = await links().replaceOfEntity(API, 'annotation', [ref, jobs]);
  const expected = [tag, link(ref), link(jobs)];
  expect(all).toEqual(expected);
  const stored = await links().ofEntity(API);
  expect(stored).toHaveLength(3);
  expect(stored).toEqual(expect.arrayContaining(expected));
  expect(await links().ofEntity(OTHER)).toEqual([foreign]);
});

it('writes nothing where nothing differs, and answers with what was read', async () => {
  const before = [link(ref), link(jobs, { source: 'aws-tag' })];
  await links().add(before);
  const replace = () =>
    links().replaceOfEntity(API, 'annotation', [ref], { before });
  expect(await writes(replace)).toBe(0);
  expect(await replace()).toBe(before);
});

it('notes where the entity says that the namespace is its own', async () => {
  const claim = (namespace?: string) =>
    links().replaceOfEntity(API, 'annotation', [ref], { namespace });
  await claim();
  expect(await claim('shop')).toEqual([link(ref, { ownsNamespace: true })]);
  expect(await links().ofRef(ref)).toEqual([
    link(ref, { ownsNamespace: true }),
  ]);
  await claim('stock');
  expect(await links().ofRef(ref)).toEqual([link(ref)]);
});

it('adds a link once, and confirms it then', async () => {
  const start = memory.now;
  await links().add([link(ref)]);
  memory.now += 10;
  await links().add([link(ref, { ownsNamespace: true })]);
  expect(await links().ofEntity(API)).toEqual([
    link(ref, { ownsNamespace: true }),
  ]);
  expect(await links().sweepAnnotations(start + 5)).toBe(0);
  expect(await links().sweepAnnotations(memory.now + 1)).toBe(1);
});

it('finds the links of a ref, of refs and of a cluster', async () => {
  const mine = link(ref);
  const tag = link(ref, { entityRef: OTHER, source: 'aws-tag' });
  const far = link(elsewhere);
  await links().add([mine, tag, far]);
  const byName = (a: EntityLink, b: EntityLink) =>
    a.source.localeCompare(b.source);
  expect((await links().ofRef(ref)).sort(byName)).toEqual([mine, tag]);
  const many = await links().ofRefs([ref, jobs]);
  expect([...many.keys()]).toEqual([stringifyServiceAccountRef(ref)]);
  expect([...many.values()][0].sort(byName)).toEqual([mine, tag]);
  expect(await links().refsOfCluster('prod')).toEqual([ref]);
  expect(await links().ofCluster('prod', 'aws-tag')).toEqual([tag]);
  expect(await links().ofCluster('dev', 'annotation')).toEqual([far]);
});

it('gives a ref to another entity, or to none, as AWS tags tell', async () => {
  const tag = (to: typeof ref) => link(to, { source: 'aws-tag' });
  await links().add([tag(ref), tag(jobs), tag(elsewhere), link(ref)]);
  await links().relink('aws-tag', [{ ref, entityRef: OTHER }, { ref: jobs }]);
  expect(await links().ofRef(jobs)).toEqual([]);
  expect(await links().ofRef(elsewhere)).toEqual([tag(elsewhere)]);
  expect(await links().ofRef(ref)).toEqual(
    expect.arrayContaining([link(ref), { ...tag(ref), entityRef: OTHER }]),
  );
  expect(await links().ofRef(ref)).toHaveLength(2);
});

it('removes what one source tells of a ref', async () => {
  await links().add([
    link(ref),
    link(ref, { source: 'aws-tag' }),
    link(jobs, { source: 'aws-tag' }),
  ]);
  await links().removeRef(ref, 'aws-tag');
  expect(await links().ofRef(ref)).toEqual([link(ref)]);
  expect(await links().ofRef(jobs)).toHaveLength(1);
});

it('forgets annotations that were not confirmed, and nothing else', async () => {
  await links().add([
    link(ref),
    link(jobs, { source: 'aws-tag' }),
    link(elsewhere, { entityRef: OTHER }),
  ]);
  memory.now += 10;
  await links().touch(OTHER, 'annotation');
  expect(await links().sweepAnnotations(memory.now)).toBe(1);
  expect(await links().ofEntity(API)).toEqual([
    link(jobs, { source: 'aws-tag' }),
  ]);
  expect(await links().ofEntity(OTHER)).toHaveLength(1);
  memory.now += 10;
  await links().touch(OTHER, 'aws-tag');
  expect(await links().sweepAnnotations(memory.now)).toBe(1);
});
