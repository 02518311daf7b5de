import type { ClusterAccess } from 'backstage-plugin-eks-pod-identity-common';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { dual } from './__testUtils__/accessCase';
import { AccessWorld } from './__testUtils__/AccessWorld';

const GLOBAL = { 'eks.amazonaws.com/sts-regional-endpoints': 'false' };
const BOTO3 =
  'Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12.3';

describe('a program that asks the global endpoint of STS, over the wire', () => {
  let world: VerifyWorld;
  let access: AccessWorld;

  beforeAll(async () => {
    world = await VerifyWorld.start();
    access = new AccessWorld(world);
    for (const [name, annotations, region] of [
      ['global', GLOBAL, 'us-east-1'],
      ['regional', {}, undefined],
    ] as const) {
      await access.runs(name, { role: dual(access, name), annotations });
      access.record(name, { userAgent: BOTO3 }, region);
    }
    await world.settled();
  });
  afterAll(() => world.stop());

  const rowOf = ({ rows }: ClusterAccess, name: string) =>
    rows.find(({ ref }) => ref.serviceAccount === name)!;

  it('is seen where CloudTrail has its calls', async () => {
    const seen = await access.look();
    for (const name of ['global', 'regional']) {
      expect(rowOf(seen, name)).toMatchObject({
        verdict: 'ready',
        programs: [{ name: 'boto3', version: '1.44.8' }],
        irsaAt: expect.any(String),
      });
    }
    expect(seen.gaps).toEqual([]);
    expect(seen.searched!.map(({ region }) => region)).toEqual([
      'eu-west-1',
      'us-east-1',
    ]);
  });

  it('is not known where the right holds for the region alone, and the others are as they were', async () => {
    const { aws, credentials } = world.sandbox;
    const inline = Object.entries(aws.iam.role(credentials.roles.read).inline);
    aws.iam.updateRole(credentials.roles.read, {
      inline: {
        ...Object.fromEntries(
          inline.map(([name, text]) => [name, JSON.parse(text)]),
        ),
        elsewhere: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Deny',
              Action: 'cloudtrail:*',
              Resource: '*',
              Condition: {
                StringEquals: { 'aws:RequestedRegion': 'us-east-1' },
              },
            },
          ],
        },
      },
    });
    const seen = await access.look();
    expect(rowOf(seen, 'global')).toMatchObject({
      verdict: 'unknown',
      sentence: expect.stringMatching(
        /^Cannot tell: its SDK was not seen: .* in eu-west-1; calls to the global endpoint of STS are in us-east-1\. The read role is not allowed to call cloudtrail:LookupEvents in us-east-1\.$/,
      ),
    });
    expect(rowOf(seen, 'regional').verdict).toBe('ready');
    expect(seen.gaps).toEqual([
      expect.objectContaining({
        what: 'globalUse',
        sentence:
          'The read role is not allowed to call cloudtrail:LookupEvents in us-east-1.',
      }),
    ]);
  });
});
