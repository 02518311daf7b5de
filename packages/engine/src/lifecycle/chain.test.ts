import type { Timeline } from 'backstage-plugin-eks-pod-identity-common';
import { createCallRecorder } from '../async/CallRecorder';
import { systemClock } from '../async/clock';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const POLICIES = ['AmazonS3ReadOnlyAccess', 'AmazonSQSReadOnlyAccess'].map(
  name => `arn:aws:iam::aws:policy/${name}`,
);
/** Long against the time that a call itself takes, so that calls that are made at once overlap. */
const LATENCY_MS = 150;

/** The calls to AWS in rounds: a call belongs to the round after the last one that had ended when it began. */
function rounds({ entries }: Timeline): string[][] {
  const calls = entries.flatMap(entry =>
    entry.type === 'call' && entry.service !== 'kubernetes'
      ? [{ ...entry, end: entry.startMs + entry.waitMs + entry.durationMs }]
      : [],
  );
  const found: string[][] = [];
  const placed: { end: number; round: number }[] = [];
  for (const { startMs, end, operation } of calls) {
    const before = placed.filter(other => other.end <= startMs);
    const round = Math.max(-1, ...before.map(other => other.round)) + 1;
    placed.push({ end, round });
    (found[round] ??= []).push(operation);
  }
  return found.map(operations => operations.sort());
}

/** Which calls to AWS wait for which, in a portal that has been idle. */
describe('The chain of calls', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.start();
    await world.kube().namespace('shop');
    // So that no reading is outdated before it is used.
    world.sandbox.clock.setRate(1);
  });
  afterEach(() => world.stop());

  const recorded = async (work: () => Promise<unknown>) => {
    for (const service of ['iam', 'eks']) {
      world.sandbox.latency.set(`${service}:*`, LATENCY_MS);
    }
    const recorder = createCallRecorder({ clock: systemClock });
    await recorder.during(work);
    return rounds(recorder.timeline());
  };

  it('of an associate: reads, role, policies, association, and the association again', async () => {
    const chain = await recorded(() =>
      world.associate(REF, { managedPolicyArns: POLICIES }),
    );
    expect(chain).toEqual([
      [
        'DescribeAddon',
        'DescribeCluster',
        'GetRole',
        'ListPodIdentityAssociations',
      ],
      ['CreateRole'],
      ['AttachRolePolicy', 'AttachRolePolicy'],
      ['CreatePodIdentityAssociation'],
      ['DescribePodIdentityAssociation'],
    ]);
  });

  it('of an associate that changes nothing: what it reads, and the association again', async () => {
    await world.associate(REF, { managedPolicyArns: POLICIES });
    const chain = await recorded(() =>
      world.associate(REF, { managedPolicyArns: POLICIES }),
    );
    expect(chain).toEqual([
      ['DescribeAddon', 'GetRole', 'ListPodIdentityAssociations'],
      [
        'DescribePodIdentityAssociation',
        'ListAttachedRolePolicies',
        'ListRolePolicies',
      ],
      ['DescribePodIdentityAssociation'],
    ]);
  });

  it('of a teardown: two rounds of reads, then each part read again right before it is removed', async () => {
    await world.associate(REF, { managedPolicyArns: POLICIES });
    const chain = await recorded(() => world.teardown(REF));
    const lists = [
      'ListAttachedRolePolicies',
      'ListInstanceProfilesForRole',
      'ListRolePolicies',
    ];
    expect(chain).toEqual([
      ['DescribeCluster', 'GetRole', 'ListPodIdentityAssociations'],
      ['DescribePodIdentityAssociation', ...lists],
      ['DescribePodIdentityAssociation', 'GetRole'],
      ['DeletePodIdentityAssociation', ...lists],
      ['DescribePodIdentityAssociation', 'ListPodIdentityAssociations'],
      ['DetachRolePolicy', 'DetachRolePolicy'],
      ['DeleteRole'],
    ]);
  });
});
