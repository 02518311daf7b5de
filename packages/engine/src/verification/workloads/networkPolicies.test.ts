import type { V1NetworkPolicy } from '../../kubernetes/objects';
import { AGENT_IPV4, AGENT_IPV6 } from '../framework/addresses';
import type { Collecting } from '../framework/collecting';
import { known } from '../framework/fact';
import { collectGotThrough, networkPolicyFact } from './networkPolicies';

const MAX_AGE_MS = 3 * 24 * 3_600_000;

const of = (egress: unknown[] | undefined, address = AGENT_IPV4) =>
  networkPolicyFact(
    { spec: { podSelector: {}, egress } } as V1NetworkPolicy,
    address,
  ).allowsAgent;
const block = (cidr: string, except?: string[]) => ({
  to: [{ ipBlock: { cidr, except } }],
});

describe('whether a NetworkPolicy lets pods reach the agent', () => {
  it.each<[string, unknown[] | undefined, boolean]>([
    ['no rules', undefined, false],
    ['an empty rule', [{}], true],
    ['everything', [block('0.0.0.0/0')], true],
    [
      'everything but link-local',
      [block('0.0.0.0/0', ['169.254.0.0/16'])],
      false,
    ],
    ['everything but IMDS', [block('0.0.0.0/0', ['169.254.169.254/32'])], true],
    ['the agent', [block('169.254.170.23/32')], true],
    ['IMDS', [block('169.254.169.254/32')], false],
    ['IPv6 alone', [block('::/0')], false],
    ['pods alone', [{ to: [{ namespaceSelector: {} }] }], false],
    ['port 80', [{ ports: [{ port: 80 }] }], true],
    ['port 443', [{ ports: [{ port: 443 }] }], false],
    ['a range of ports', [{ ports: [{ port: 1, endPort: 1024 }] }], true],
    ['a named port', [{ ports: [{ port: 'http' }] }], false],
    ['UDP', [{ ports: [{ protocol: 'UDP', port: 80 }] }], false],
    ['TCP of every port', [{ ports: [{ protocol: 'TCP' }] }], true],
    [
      'address and port in two rules',
      [
        { ...block('169.254.170.23/32'), ports: [{ port: 443 }] },
        { ports: [{ port: 53 }] },
      ],
      false,
    ],
  ])('%s', (_what, egress, expected) => {
    expect(of(egress)).toBe(expected);
  });

  it('asks for the IPv6 address on clusters with IPv6', () => {
    expect(of([block('fd00:ec2::23/128')], AGENT_IPV6)).toBe(true);
    expect(of([block('0.0.0.0/0')], AGENT_IPV6)).toBe(false);
  });
});

describe('the hash of a NetworkPolicy', () => {
  const hash = (spec: object, name = 'deny') =>
    networkPolicyFact(
      { metadata: { name }, spec } as V1NetworkPolicy,
      AGENT_IPV4,
    ).hash;
  const spec = { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] };

  it('is another one with another name, selector or rule of egress', () => {
    const { podSelector, egress } = spec;
    const hashes = [
      hash(spec),
      hash(spec, 'other'),
      hash({ podSelector: { matchLabels: { app: 'api' } }, egress }),
      hash({ podSelector, egress: [{ ports: [{ port: 80 }] }] }),
      hash({ podSelector }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('is the same whatever the order of keys, and whatever comes in', () => {
    const { podSelector, egress } = spec;
    expect(hash({ ingress: [{}], egress, podSelector })).toBe(hash(spec));
    expect(hash(spec)).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('the policies that the last proof got through', () => {
  const at = Date.parse('2025-12-24T10:00:00Z');
  const gotThrough = async (policy: object, check?: object, age = 1) => {
    const lastProof = jest.fn(async () => ({
      checks: [{ id: 'workloads.network', ...check }],
    }));
    const fact = await collectGotThrough({
      get: async () => known([{ name: 'deny', selectsProbe: true, ...policy }]),
      operation: {
        lastProof,
        clock: { now: () => at + age },
        config: { proof: { maxAgeMs: MAX_AGE_MS } },
      },
    } as unknown as Collecting);
    return { fact, asked: lastProof.mock.calls.length };
  };
  const through = { policies: ['h1'], at: new Date(at).toISOString() };
  const got = { status: 'pass', observed: 'deny', gotThrough: through };

  it('are asked for only where one is in the way of the probe', async () => {
    expect(await gotThrough({ allowsAgent: false }, got)).toEqual({
      fact: known(through),
      asked: 1,
    });
    expect(
      (await gotThrough({ allowsAgent: true, opensMore: false }, got)).fact,
    ).toEqual(known(through));
    expect(
      (await gotThrough({ allowsAgent: true, opensDns: false }, got)).fact,
    ).toEqual(known(through));
    const none = { fact: known(null), asked: 0 };
    const open = { allowsAgent: true, opensMore: true };
    expect(await gotThrough(open, got)).toEqual(none);
    const others = { allowsAgent: false, selectsProbe: false };
    expect(await gotThrough(others, got)).toEqual(none);
  });

  it('are none where the proof did not get through', async () => {
    const deny = { allowsAgent: false };
    const noted = { ...got, status: 'note' };
    expect((await gotThrough(deny, noted)).fact).toEqual(known(got.gotThrough));
    const warned = { ...got, status: 'warn' };
    expect((await gotThrough(deny, warned)).fact).toEqual(known(null));
    expect((await gotThrough(deny, { status: 'pass' })).fact).toEqual(
      known(null),
    );
    // As an engine wrote it that compared names
    const older = { status: 'pass', observed: 'deny' };
    expect((await gotThrough(deny, older)).fact).toEqual(known(null));
  });

  it('are none once the proof no longer counts', async () => {
    const after = async (age: number) =>
      (await gotThrough({ allowsAgent: false }, got, age)).fact;
    expect(await after(MAX_AGE_MS - 1)).toEqual(known(through));
    expect(await after(MAX_AGE_MS)).toEqual(known(null));
  });
});

describe('whether a NetworkPolicy opens a way to DNS', () => {
  it.each<[string, unknown[] | undefined, boolean]>([
    ['no rules', undefined, false],
    ['an empty rule', [{}], true],
    ['everything', [block('0.0.0.0/0')], true],
    [
      'the agent',
      [block('169.254.170.23/32'), block('fd00:ec2::23/128')],
      false,
    ],
    ['IMDS', [block('169.254.169.254/32')], false],
    ['NodeLocal DNSCache', [block('169.254.20.10/32')], true],
    ['the resolver of the VPC', [block('169.254.169.253/32')], true],
    ['pods of kube-system', [{ to: [{ namespaceSelector: {} }] }], true],
    ['UDP alone', [{ ports: [{ protocol: 'UDP', port: 53 }] }], true],
    ['TCP alone', [{ ports: [{ port: 53 }] }], true],
    ['another protocol', [{ ports: [{ protocol: 'SCTP', port: 53 }] }], false],
    ['a named port', [{ ports: [{ protocol: 'UDP', port: 'dns' }] }], true],
    ['every port of UDP', [{ ports: [{ protocol: 'UDP' }] }], true],
    ['a range with it', [{ ports: [{ port: 1, endPort: 1024 }] }], true],
    ['a range after it', [{ ports: [{ port: 54, endPort: 1024 }] }], false],
    [
      'the agent and AWS',
      [
        { ...block('169.254.170.23/32'), ports: [{ port: 80 }] },
        { ports: [{ port: 443 }] },
      ],
      false,
    ],
    [
      'port 53 of the agent alone',
      [{ ...block('169.254.170.23/32'), ports: [{ port: 53 }] }],
      false,
    ],
  ])('%s', (_what, egress, expected) => {
    expect(
      networkPolicyFact(
        { spec: { podSelector: {}, egress } } as V1NetworkPolicy,
        AGENT_IPV4,
      ).opensDns,
    ).toBe(expected);
  });
});

describe('whether a NetworkPolicy opens more than the agent and DNS', () => {
  it.each<[string, unknown[] | undefined, boolean]>([
    ['no rules', undefined, false],
    ['the agent', [block('169.254.170.23/32')], false],
    ['link-local', [block('169.254.0.0/16'), block('fd00:ec2::/32')], false],
    ['DNS', [{ ports: [{ protocol: 'UDP', port: 53 }, { port: 53 }] }], false],
    [
      'pods on port 53',
      [{ to: [{ namespaceSelector: {} }], ports: [{ port: 53 }] }],
      false,
    ],
    [
      'a range that begins with DNS',
      [{ ports: [{ port: 53, endPort: 443 }] }],
      true,
    ],
    ['an empty rule', [{}], true],
    ['everything', [block('0.0.0.0/0')], true],
    ['the VPC', [block('10.0.0.0/8')], true],
    ['a proxy', [{ to: [{ podSelector: {} }], ports: [{ port: 3128 }] }], true],
    [
      'the agent or a proxy',
      [{ to: [...block('169.254.170.23/32').to, { podSelector: {} }] }],
      true,
    ],
  ])('%s', (_what, egress, expected) => {
    expect(
      networkPolicyFact(
        { spec: { podSelector: {}, egress } } as V1NetworkPolicy,
        AGENT_IPV4,
      ).opensMore,
    ).toBe(expected);
  });
});
