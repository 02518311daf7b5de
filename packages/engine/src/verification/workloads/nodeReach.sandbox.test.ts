import { LACKING, node, pod } from '../__testUtils__/judge';
import { VerifyWorld } from '../__testUtils__/VerifyWorld';
import { collectNodegroups } from '../cluster/awsNodegroups';
import type { Collecting } from '../framework/collecting';
import { known, valueOf } from '../framework/fact';
import { collectNodeReach } from './nodeReach';

const ROLE = 'arn:aws:iam::111122223333:role/nodes';
const READS = 'ec2:DescribeLaunchTemplateVersions';
const GROUPS = Array.from({ length: 12 }, (_, index) => `n${index + 10}`);

describe('what a run reads of the node groups whose pods lack the identity', () => {
  let world: VerifyWorld;
  const put = (nodegroupName: string, version = 1) =>
    world.sandbox.aws.eks.putNodegroup('payments-prod', {
      nodegroupName,
      nodeRole: ROLE,
      launchTemplate: {
        id: `lt-0123456789abcde${nodegroupName.slice(1)}`,
        name: nodegroupName,
        version,
        metadataOptions: { httpPutResponseHopLimit: 2 },
      },
    });

  beforeEach(async () => {
    world = await VerifyWorld.start();
    GROUPS.forEach(name => put(name));
  });
  afterEach(() => world.stop());

  const collect = async (
    groups: readonly string[],
    {
      signal = new AbortController().signal,
      meanwhile = () => {},
    }: { signal?: AbortSignal; meanwhile?: () => void } = {},
  ) => {
    const read = world.clusters.session('payments-prod', 'read');
    const pods = groups.map(nodeName =>
      pod({ nodeName, containers: [LACKING] }),
    );
    const facts: Record<string, unknown> = {
      pods: known(pods),
      nodes: known(groups.map(name => node(name, { nodegroup: name }))),
    };
    const collecting = (until: AbortSignal) =>
      ({
        request: { probe: 'pod' },
        read,
        signal: until,
        get: async (name: string) => facts[name],
      } as unknown as Collecting);
    facts.nodegroups = await collectNodegroups(
      collecting(new AbortController().signal),
    );
    meanwhile();
    return collectNodeReach(collecting(signal));
  };

  it('is the launch template of ten at most; of the others the role alone', async () => {
    const read = valueOf(await collect(GROUPS)) ?? [];
    expect(read).toHaveLength(12);
    const limits = read.map(({ hopLimit }) => hopLimit);
    expect(limits).toEqual([...Array(10).fill(2), undefined, undefined]);
    expect(read.map(({ roleArn }) => roleArn)).toEqual(Array(12).fill(ROLE));
  });

  it('is the role alone without the right to more', async () => {
    world.forbid(READS);
    const [nodegroup] = GROUPS;
    expect(await collect([nodegroup])).toEqual(
      known([{ nodegroup, roleArn: ROLE }]),
    );
  });

  it('is nothing where AWS answers with another error, which the lack names', async () => {
    const [nodegroup] = GROUPS;
    const meanwhile = () => put(nodegroup, 2);
    expect(await collect([nodegroup], { meanwhile })).toMatchObject({
      known: false,
      lack: {
        kind: 'unreachable',
        sentence: expect.stringMatching(`^${READS} .*VersionNotFound`),
      },
    });
  });

  it('ends with the run', async () => {
    const reading = collect([GROUPS[0]], { signal: AbortSignal.abort() });
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  });
});
