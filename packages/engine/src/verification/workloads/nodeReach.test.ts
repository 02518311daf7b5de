import { packages } from '../../async/packages';
import { awsClient, awsError } from '../../aws/__testUtils__/awsClient';
import {
  ask,
  context,
  denied,
  LACKING,
  node,
  pod,
} from '../__testUtils__/judge';
import type { Collecting } from '../framework/collecting';
import { type Fact, known, lacking } from '../framework/fact';
import type { ContainerFact, PodFact } from '../framework/facts/workloads';
import { workloadsInjected } from './injected';
import { collectNodeReach } from './nodeReach';

const role = 'arn:aws:iam::111122223333:role/workers';
const group = (hopLimit?: number, rest: object = {}) => ({
  nodegroup: 'general',
  roleArn: role,
  hopLimit,
  ...rest,
});
const MAY =
  'Without it they may act as their node, if its hop limit lets pods in';
const CAN =
  'Without it they can act as their node, whose launch template lets pods in';
const OF_WORKERS = ': in node group general as the role workers';

/** What follows the first sentence about a pod without the identity. */
function instead(
  {
    nodes,
    reach = denied,
  }: { nodes?: object[]; reach?: object[] | Fact<never> },
  over: Partial<PodFact> = {},
) {
  const { status, lead, message } = ask(workloadsInjected, {
    pods: [pod({ containers: [LACKING], ...over })],
    association: known({ createdAt: 1, modifiedAt: 1 }),
    role: known(null),
    admission: known({ answered: 5, injected: 5 }),
    webhook: denied,
    namespace: denied,
    nodes: nodes ? known(nodes) : denied,
    nodeReach: Array.isArray(reach) ? known(reach) : reach,
  });
  expect(status).toBe('warn');
  return lead ? message.slice(lead.length).trim() : undefined;
}

describe('pods without the identity', () => {
  const nodes = [node('node-1', { nodegroup: 'general' })];

  it.each<[string, object[], string | undefined]>([
    ['let pods in', [group(2)], `${CAN}${OF_WORKERS} (hop limit 2).`],
    ['keep pods out', [group(1)], undefined],
    ['have no such service', [group(2, { disabled: true })], undefined],
    ['leave that open', [group()], `${MAY}${OF_WORKERS}.`],
    ['are of another group', [group(2, { nodegroup: 'gpu' })], `${MAY}.`],
  ])('are said to act as nodes that %s', (_what, reach, sentence) => {
    expect(instead({ nodes, reach })).toBe(sentence);
  });

  it('may act as a node of which nothing is known', () => {
    expect(instead({})).toBe(`${MAY}.`);
    expect(instead({ nodes })).toBe(`${MAY}.`);
  });

  it('are not said to act as a node by a run that does not read it', () => {
    const sentence = 'Not checked: this run starts no pod.';
    const reach = lacking({ kind: 'not-in-probe', sentence });
    expect(instead({ nodes, reach })).toBe(undefined);
    expect(instead({ reach }, { hostNetwork: true })).toBe(undefined);
  });

  it('may act as their node with its network, whatever its hop limit', () => {
    expect(instead({ nodes, reach: [group(1)] }, { hostNetwork: true })).toBe(
      `${MAY}${OF_WORKERS}.`,
    );
  });

  it.each<[string, object, string?]>([
    ['Auto Mode', { computeType: 'auto' }],
    ['Fargate', { computeType: 'fargate' }],
    ['another site', { computeType: 'hybrid' }],
    ['Fargate, by its name', {}, 'fargate-ip-10-0-0-1'],
  ])('never act as a node of %s', (_what, rest, name = 'node-1') => {
    expect(instead({ nodes: [node(name, rest)] }, { nodeName: name })).toBe(
      undefined,
    );
  });

  it.each<[string, Partial<ContainerFact>]>([
    ['IRSA', { irsaRoleArn: role }],
    ['a key', { accessKeyId: 'AKIAEXAMPLE123456789' }],
    ['an address of their own', { foreignCredentialsUri: 'http://x' }],
    [
      'a profile',
      { carried: [{ what: 'profile', said: 'set it', likely: true }] },
    ],
    ['variables of their template', { missing: [] }],
  ])('do not act as their node with %s', (_what, over) => {
    const containers = [{ ...LACKING, ...over }];
    expect(instead({ nodes, reach: [group(2)] }, { containers })).toBe(
      undefined,
    );
  });

  it('are told of when they opted out, too', () => {
    expect(instead({ nodes, reach: [group(2)] }, { skipped: true })).toBe(
      `${CAN}${OF_WORKERS} (hop limit 2).`,
    );
  });
});

describe('whether nodes let pods in', () => {
  const template = { id: 'lt-1', version: '3' };
  const open = { HttpPutResponseHopLimit: 2, HttpEndpoint: 'enabled' };
  const facts = {
    nodegroups: known([
      { name: 'general', roleArn: role, launchTemplate: template },
      { name: 'plain', roleArn: role },
      { name: 'spare', roleArn: role, launchTemplate: template },
    ]),
    nodes: known([
      node('node-1', { nodegroup: 'general' }),
      node('node-2', { nodegroup: 'plain' }),
      node('node-3', { nodegroup: 'spare' }),
    ]),
    pods: known([
      pod({ containers: [LACKING] }),
      pod({ containers: [LACKING], nodeName: 'node-2' }),
      pod({ nodeName: 'node-3' }),
      pod({
        containers: [{ ...LACKING, state: 'waiting' }],
        nodeName: 'node-3',
        phase: 'Pending',
      }),
    ]),
  };

  /** The answer of a run for which EC2 has these options, or fails so. */
  const look = (
    options: object | Error = open,
    more: Record<string, Fact<unknown>> = {},
    probe = 'pod',
  ) =>
    collectNodeReach({
      request: { probe },
      signal: new AbortController().signal,
      get: async (name: string) => ({ ...facts, ...more }[name]),
      read: {
        cluster: context.cluster,
        role: 'read',
        aws: {
          ec2: awsClient(packages.ec2.EC2Client, () => {
            if (options instanceof Error) throw options;
            const LaunchTemplateData = { MetadataOptions: options };
            return { LaunchTemplateVersions: [{ LaunchTemplateData }] };
          }),
        },
      },
    } as unknown as Collecting);

  const plain = { nodegroup: 'plain', roleArn: role };

  it('is read of the groups whose nodes run pods without the identity', async () => {
    expect(await look()).toEqual(
      known([
        { nodegroup: 'general', roleArn: role, hopLimit: 2, disabled: false },
        plain,
      ]),
    );
    expect(await look({ HttpEndpoint: 'disabled' })).toMatchObject({
      value: [{ disabled: true }, plain],
    });
  });

  it('is left open without the right to ask, and unknown where EC2 does not answer', async () => {
    expect(await look(awsError('UnauthorizedOperation'))).toEqual(
      known([{ nodegroup: 'general', roleArn: role }, plain]),
    );
    expect(await look(awsError('InternalError'))).toMatchObject({
      known: false,
    });
  });

  it('is not read where no pod is known, nor by a run that starts none', async () => {
    expect(await look(open, { pods: denied })).toEqual(known([]));
    expect(await look(open, { nodes: denied })).toEqual(known([]));
    expect(await look(open, { nodegroups: denied })).toBe(denied);
    expect(await look(open, {}, 'none')).toMatchObject({
      lack: { kind: 'not-in-probe' },
    });
  });
});
