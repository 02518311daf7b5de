import { node, pod } from '../__testUtils__/judge';
import { hashOf } from '../framework/canonical';
import { type Fact, known, lacking } from '../framework/fact';
import type { FactReader } from '../framework/facts';
import { infrastructureOf } from './infrastructure';

const denied = lacking({ kind: 'denied', sentence: 'No.' });
const webhook = { webhooks: [{ name: 'w', createsPods: true }] };
const cluster = { version: '1.33', platformVersion: 'eks.5' };
const FACTS: Record<string, Fact<unknown>> = {
  agentDaemonSets: known([{ images: ['b:2'] }, { images: ['a:1'] }, {}]),
  webhook: known(webhook),
  cluster: known(cluster),
  nodes: known([
    node('node-1', { image: 'ami-1' }),
    node('node-2', { image: 'ami-2' }),
    node('node-3'),
  ]),
  pods: known([
    pod(),
    pod({ nodeName: 'node-2', phase: 'Pending', notStarted: 'No image.' }),
  ]),
};

const of = (over: Record<string, Fact<unknown>> = {}) => {
  const facts = { ...FACTS, ...over };
  return infrastructureOf({
    get: async (name: string) => facts[name],
  } as unknown as FactReader);
};

describe('what gives pods an identity', () => {
  it('is read of agent, webhook and nodes, of those with running pods by themselves', async () => {
    const hashed = (...images: string[]) => images.map(hashOf).sort();
    expect(await of()).toEqual({
      agent: hashOf(['a:1', 'b:2']),
      webhook: expect.stringMatching(/^[0-9a-f]{64}$/),
      kubernetes: hashOf('1.33'),
      nodes: hashed('ami-1', 'ami-2'),
      nodesInUse: hashed('ami-1'),
    });
    expect(await of({ pods: known([]) })).not.toHaveProperty('nodesInUse');
  });

  it('has nothing of what could not be read', async () => {
    const lacks = {
      webhook: denied,
      nodes: denied,
      agentDaemonSets: denied,
      cluster: denied,
    };
    expect(await of(lacks)).toEqual({});
  });

  it.each<[string, unknown]>([
    ['no DaemonSet', []],
    ['one without an image', [{}]],
  ])('has no agent of %s, as a moment may show it', async (_, sets) => {
    const found = await of({ agentDaemonSets: known(sets) });
    expect(found).not.toHaveProperty('agent');
  });

  it('has another webhook by its registration alone', async () => {
    const was = await of();
    const webhooks = await of({ webhook: known({ webhooks: [] }) });
    expect(webhooks).toEqual({ ...was, webhook: expect.any(String) });
    expect(webhooks.webhook).not.toBe(was.webhook);
    const none = await of({ webhook: known(null) });
    expect(none.webhook).toBe(hashOf(null));
    const version = { ...cluster, version: '1.34' };
    const newer = await of({ cluster: known(version) });
    expect(newer).toEqual({ ...was, kubernetes: hashOf('1.34') });
    // AWS changes that by itself
    const platform = { ...cluster, platformVersion: 'eks.6' };
    expect(await of({ cluster: known(platform) })).toEqual(was);
  });
});
