import type { V1Node, V1Pod } from '../../kubernetes/objects';
import type { ListPage } from '../../kubernetes/types';
import { ManualClock } from '../../async/ManualClock';
import { daemonSetFact, nodeFact } from '../agent/agentObjects';
import { known } from '../framework/fact';
import type { DaemonSetFact } from '../framework/facts/agent';
import { NarrowLists } from './NarrowLists';
import { presetFacts } from './presetFacts';
import { SweepLists } from './SweepLists';

const node = (name: string) => nodeFact({ metadata: { name } } as V1Node);
const pod = (
  name: string,
  labels: Record<string, string>,
  image = 'example.com/eks-pod-identity-agent:1',
): V1Pod => ({
  metadata: { name, namespace: 'kube-system', labels },
  spec: { containers: [{ name: 'agent', image }] },
});
const ADDON = { 'app.kubernetes.io/instance': 'eks-pod-identity-agent' };
const set = (name: string, desired: number) =>
  daemonSetFact({
    metadata: { name, namespace: 'kube-system' },
    spec: { selector: { matchLabels: { app: name } }, template: {} },
    status: { desiredNumberScheduled: desired } as any,
  });

async function* paged(pods: V1Pod[]): AsyncGenerator<ListPage<V1Pod>> {
  for (const one of pods) yield { items: [one], pagesLeft: 0 };
}

/** The names of what a sweep has of nodes and agents; `collected` where it reads them itself. */
function taken(lists: SweepLists, sets: DaemonSetFact[] = []) {
  const { known: providers } = presetFacts({
    associations: new Map(),
    listed: new Set(),
    roles: new Map(),
    lists,
  });
  const asked: any = {
    get: async () => known(sets),
    collect: async () => known([{ name: 'collected' }]),
  };
  return async () => {
    const { nodes, agentPods } = providers;
    const facts = [await nodes!(asked), await agentPods!(asked)];
    return facts.map(fact => fact.known && fact.value.map(({ name }) => name));
  };
}

describe('nodes and agents of a look, for the sweep beside it', () => {
  let lists: SweepLists;
  beforeEach(() => {
    lists = new SweepLists([], new NarrowLists(new ManualClock()));
    lists.nodes = [node('node')];
  });

  /** Lists the first page of pods; the answer lists the rest. */
  const begin = async (pods: V1Pod[]) => {
    const pages = lists.passing('pods', paged(pods))[Symbol.asyncIterator]();
    let page = await pages.next();
    return async () => {
      while (!page.done) page = await pages.next();
    };
  };
  const collected = [['collected'], ['collected']];

  it('are both taken, or neither: not where its list of pods ends later', async () => {
    const end = await begin([pod('a', ADDON)]);
    const inTheMiddle = taken(lists);
    await end();
    expect(await inTheMiddle()).toEqual(collected);
    expect(await taken(lists)()).toEqual([['node'], ['a']]);
  });

  it('are not taken where its list of pods began once more', async () => {
    await begin([pod('a', ADDON)]);
    const end = await begin([pod('a', ADDON)]);
    await end();
    expect(await taken(lists)()).toEqual(collected);
  });

  it.each([
    ['a copy with its image', [pod('copy', {})], [set('agent', 0)], []],
    [
      'a copy beside it',
      [pod('copy', {}), pod('a', { app: 'agent' })],
      [set('agent', 1)],
      ['a'],
    ],
    [
      'those of several DaemonSets',
      [pod('a', { app: 'amd' }), pod('b', { app: 'arm' })],
      [set('amd', 1), set('arm', 1)],
      ['a', 'b'],
    ],
    [
      'some that have an image of another name still',
      [pod('new', { app: 'agent' }), pod('old', { app: 'agent' }, 'agent:1')],
      [set('agent', 2)],
      ['collected'],
    ],
  ])('of an agent without the add-on: %s', async (_, pods, sets, agents) => {
    const end = await begin(pods);
    await end();
    expect((await taken(lists, sets)())[1]).toEqual(agents);
  });
});
