import type { GotThrough } from 'backstage-plugin-eks-pod-identity-common';
import { ask, context, denied, pod, run } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type { NetworkPolicyFact, PodFact } from '../framework/facts/workloads';
import { workloadsNetwork } from './network';

interface Judged {
  pods?: PodFact[];
  exitCode?: number;
  /** Of the last proof; without it a pod runs. */
  gotThrough?: GotThrough | null;
}

describe('workloads.network', () => {
  const policy = (
    rest: Partial<NetworkPolicyFact> = {},
  ): NetworkPolicyFact => ({
    name: 'deny',
    hash: `hash of ${rest.name ?? 'deny'}`,
    selector: { matchLabels: { app: 'api' } },
    selectsProbe: false,
    allowsAgent: false,
    ...rest,
  });
  const ours = pod({ labels: { app: 'api' } });
  const judge = (
    networkPolicies: NetworkPolicyFact[],
    { pods = [ours], exitCode = 0, gotThrough }: Judged = {},
  ) =>
    ask(workloadsNetwork, {
      pods,
      networkPolicies,
      podRun:
        gotThrough === undefined
          ? known(run({ identity: { exitCode, text: '' } }))
          : denied,
      gotThrough: known(gotThrough),
    });

  it('warns of one that selects the pods and not the probe, and opens the way', () => {
    const outcome = judge([policy()], { pods: [ours, pod()] });
    expect(outcome).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods might not reach the agent: NetworkPolicy deny selects 1 of Deployment api and opens no way to it.',
      expected: 'egress to 169.254.170.23 on TCP port 80',
      observed: 'deny',
      fix: {
        cause: expect.stringContaining('The probe has other labels'),
        actions: [expect.stringContaining('policies add up')],
      },
    });
    const [, manifest] = outcome.fix!.snippet!.text.split('\n');
    expect(JSON.parse(manifest)).toMatchObject({
      metadata: { name: 'deny-pod-identity-agent', namespace: 'payments' },
      spec: {
        podSelector: { matchLabels: { app: 'api' } },
        policyTypes: ['Egress'],
      },
    });
  });

  it.each<[string, NetworkPolicyFact[], Partial<PodFact>]>([
    ['none', [], {}],
    [
      'one for others',
      [policy({ selector: { matchLabels: { app: 'db' } } })],
      {},
    ],
    ['one that opens the way', [policy({ allowsAgent: true })], {}],
    [
      'another one that opens the way',
      [policy(), policy({ name: 'open', allowsAgent: true })],
      {},
    ],
    [
      'those of the probe, which got through',
      [policy({ selector: {}, selectsProbe: true })],
      {},
    ],
    ['pods in the network of their node', [policy()], { hostNetwork: true }],
  ])('passes with %s', (_what, policies, rest) => {
    expect(judge(policies, { pods: [{ ...ours, ...rest }] })).toMatchObject({
      status: 'pass',
    });
  });

  it('opens the way beside each policy that is in it', () => {
    const other = { ...ours, labels: { app: 'job' } };
    const outcome = judge(
      [
        policy(),
        policy({ name: 'jobs', selector: { matchLabels: { app: 'job' } } }),
      ],
      { pods: [ours, ours, other] },
    );
    expect(
      outcome
        .fix!.snippet!.text.split('\n')
        .slice(1, -1)
        .map(line => JSON.parse(line).metadata.name),
    ).toEqual(['deny-pod-identity-agent', 'jobs-pod-identity-agent']);
  });

  it('does not trust a probe that failed, nor one under fewer policies', () => {
    const everywhere = policy({
      name: 'all',
      selector: {},
      selectsProbe: true,
    });
    expect(judge([everywhere], { exitCode: 1 }).status).toBe('warn');
    expect(judge([everywhere, policy()]).status).toBe('warn');
  });

  it('trusts the last proof where no probe runs, under the same policies', () => {
    const deny = policy({ selector: {}, selectsProbe: true });
    const proven = judge([deny]);
    expect(proven).toMatchObject({
      status: 'pass',
      message:
        'The rules of NetworkPolicy deny bar 1 of 1 running pods from the agent, but a test pod under the same rules got through on 2026-01-01.',
      observed: 'deny',
      gotThrough: {
        policies: ['hash of deny'],
        at: new Date(context.now).toISOString(),
      },
    });
    const { gotThrough } = proven;
    expect(judge([deny], { gotThrough })).toEqual(proven);
    expect(judge([deny], { gotThrough: null }).status).toBe('warn');
    const another = policy({ name: 'other' });
    expect(judge([deny, another], { gotThrough }).status).toBe('warn');
  });

  it('names every policy that bars pods, and counts those alone', () => {
    const all = {
      selector: { matchLabels: { app: 'api' } },
      selectsProbe: true,
      allowsAgent: true,
      opensMore: false,
    };
    const judged = judge([policy(all), policy({ ...all, name: 'dns' })], {
      pods: [ours, ours, pod()],
    });
    expect(judged.message).toBe(
      'The rules of NetworkPolicy deny, dns bar 2 of 3 running pods from AWS, but a test pod under the same rules got through on 2026-01-01.',
    );
  });

  it('trusts no proof under a policy of the same name with other rules', () => {
    const everywhere = { selector: {}, selectsProbe: true };
    const { gotThrough } = judge([policy(everywhere)]);
    const changed = policy({ ...everywhere, hash: 'another hash' });
    expect(judge([changed], { gotThrough }).status).toBe('warn');
  });

  it('compares names within one run alone, as a bundle of an older engine has no hashes', () => {
    const old = policy({ selector: {}, selectsProbe: true, hash: undefined });
    const { status, gotThrough } = judge([old]);
    expect(status).toBe('pass');
    const hashed = policy({ selector: {}, selectsProbe: true });
    expect(judge([hashed], { gotThrough }).status).toBe('warn');
  });

  it('keeps the time of the test pod in a look without one', () => {
    const deny = policy({ selector: {}, selectsProbe: true });
    const earlier = { policies: ['hash of deny'], at: '2025-12-24T10:00:00Z' };
    expect(judge([deny], { gotThrough: earlier })).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(/got through on 2025-12-24\.$/),
      gotThrough: earlier,
    });
  });

  it('is skipped where no pod runs', () => {
    expect(judge([policy()], { pods: [] }).status).toBe('skip');
  });

  const agentOnly = policy({ allowsAgent: true, opensMore: false });

  it('warns of policies that open the agent and nothing that could lead to AWS', () => {
    const outcome = judge([agentOnly]);
    expect(outcome).toMatchObject({
      status: 'warn',
      message:
        '1 of 1 running pods might reach the agent and nothing of AWS: NetworkPolicy deny selects 1 of Deployment api and opens no way to any service.',
      expected: 'egress to services of AWS on TCP port 443',
      lacking: [{ how: 'identity', pods: [ours.name] }],
    });
    expect(outcome.fix!.snippet!.text).toContain('deny-aws-and-dns');
    expect(outcome.fix!.snippet!.text).not.toContain('pod-identity-agent');
    // Both ways at once, so that a second run does not find the second fault.
    const both = judge([policy({ opensMore: false })]);
    expect(both.message).toMatch(/might not reach the agent/);
    expect(both.fix!.snippet!.text).toMatch(
      /deny-pod-identity-agent[^]*deny-aws-and-dns/,
    );
  });

  it('says nothing of AWS where a policy opens more, and names what it did not look at', () => {
    const proxy = policy({ name: 'proxy', opensMore: true });
    expect(judge([agentOnly, proxy])).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(/is not looked at\.$/),
    });
    expect(judge([policy({ allowsAgent: true })]).status).toBe('pass');
    expect(judge([]).message).toBe(
      'No NetworkPolicy keeps the running pods from the agent.',
    );
  });
});
