import {
  type Evidence,
  type GotThrough,
  noEvidence,
} from 'backstage-plugin-eks-pod-identity-common';
import { ask, context, denied, HAVING, pod, run } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type { NetworkPolicyFact, PodFact } from '../framework/facts/workloads';
import { workloadsNetwork } from './network';

interface Judged {
  pods?: PodFact[];
  exitCode?: number;
  /** Of the last proof; without it a pod runs. */
  gotThrough?: GotThrough | null;
  evidence?: Evidence;
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
    {
      pods = [ours],
      exitCode = 0,
      gotThrough,
      evidence = noEvidence('off'),
    }: Judged = {},
  ) =>
    ask(workloadsNetwork, {
      pods,
      networkPolicies,
      podRun:
        gotThrough === undefined
          ? known(run({ identity: { exitCode, text: '' } }))
          : denied,
      gotThrough: known(gotThrough),
      evidence: known(evidence),
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

  it('counts the pods that are kept from what it names', () => {
    const same = { hash: 'h', selectsProbe: true };
    const jobs = { matchLabels: { app: 'job' } };
    const judged = judge(
      [
        policy({ ...same, selectsProbe: false }),
        policy({
          ...same,
          selector: jobs,
          allowsAgent: true,
          opensMore: false,
        }),
      ],
      { pods: [ours, { ...ours, labels: { app: 'job' } }] },
    );
    expect(judged.message).toMatch(/bar 1 of 2 running pods from the agent/);
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

  const noDns = policy({ allowsAgent: true, opensMore: true, opensDns: false });

  const noWayToDns =
    '1 of 1 running pods might find no service of AWS: NetworkPolicy deny selects 1 of Deployment api and opens no way to DNS; rules of other kinds than NetworkPolicy were not looked at.';

  it('notes policies that open the agent and AWS and no way to DNS, which a rule of another kind may open', () => {
    const outcome = judge([noDns]);
    expect(outcome).toMatchObject({
      status: 'note',
      message: noWayToDns,
      expected: 'egress to DNS on UDP and TCP port 53',
      observed: 'deny',
    });
    expect(outcome.lacking).toBeUndefined();
    const [command, manifest] = outcome.fix!.snippet!.text.split('\n');
    expect(command).toBe(`kubectl -n payments apply -f - <<'EOF'`);
    expect(JSON.parse(manifest)).toEqual({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      // `deny-dns` may be the name of another one, which the command would replace.
      metadata: { name: 'deny-way-to-dns', namespace: 'payments' },
      spec: {
        podSelector: { matchLabels: { app: 'api' } },
        policyTypes: ['Egress'],
        egress: [
          {
            ports: [
              { protocol: 'UDP', port: 53 },
              { protocol: 'TCP', port: 53 },
            ],
          },
        ],
      },
    });
  });

  it('says of DNS beside a worse thing, and counts as lacking only the pods of that', () => {
    // Each way once: that to AWS opens DNS too.
    const closed = { opensMore: false, opensDns: false };
    expect(judge([policy(closed)]).fix!.snippet!.text).not.toContain(
      'way-to-dns',
    );
    const both = judge([policy({ opensMore: true, opensDns: false })]);
    expect(both.status).toBe('warn');
    expect(both.message).toMatch(
      /reach the agent: .* find no service of AWS: /,
    );
    expect(both.fix!.snippet!.text).toMatch(
      /deny-pod-identity-agent[^]*deny-way-to-dns/,
    );
    const other = { ...ours, name: 'other', labels: { app: 'job' } };
    const jobs = policy({
      name: 'jobs',
      selector: { matchLabels: other.labels },
    });
    const judged = judge([noDns, jobs], { pods: [ours, other] });
    expect(judged).toMatchObject({
      status: 'warn',
      observed: 'jobs',
      resource: { name: 'jobs' },
      lacking: [{ how: 'identity', pods: ['other'] }],
    });
    expect(judged.message).toMatch(
      /^1 of 2 running pods might not reach the agent: .* 1 of 2 running pods might find/,
    );
  });

  it('does not miss DNS where another policy opens it, a proxy may look names up, or a test pod got through', () => {
    const dns = policy({ name: 'dns', opensDns: true, opensMore: false });
    expect(judge([noDns, dns]).status).toBe('pass');
    const proxied = pod({
      labels: { app: 'api' },
      containers: [{ ...HAVING, proxy: true }],
    });
    expect(judge([noDns], { pods: [proxied] }).status).toBe('pass');
    const everywhere = { ...noDns, selector: {}, selectsProbe: true };
    expect(judge([everywhere], { pods: [ours, proxied] })).toMatchObject({
      status: 'pass',
      message: expect.stringContaining('bar 1 of 2 running pods from DNS, but'),
    });
    // A bundle of an older engine
    expect(judge([{ ...noDns, opensDns: undefined }]).status).toBe('pass');
  });

  it('does not miss DNS where something called AWS while the pods ran', () => {
    const read = (list: string, secondsAgo: number): Evidence => ({
      ...noEvidence('unread'),
      state: 'read',
      [list]: [{ lastAt: new Date(context.now - secondsAgo * 1_000) }],
    });
    const status = (evidence: Evidence) => judge([noDns], { evidence }).status;
    expect(status(read('uses', 30))).toBe('pass');
    expect(status(read('denied', 30))).toBe('pass');
    expect(status(read('staticKeys', 30))).toBe('pass');
    // Before this pod; and the agent gives a role without DNS
    expect(status(read('uses', 90))).toBe('note');
    expect(status(read('pods', 30))).toBe('note');
  });

  it('keeps what a test pod proved of some pods beside the note about others', () => {
    const everywhere = policy({
      name: 'all',
      selector: {},
      selectsProbe: true,
      opensDns: false,
    });
    const job = { ...ours, labels: { app: 'job' } };
    const judged = judge([everywhere, noDns], { pods: [ours, job] });
    expect(judged).toMatchObject({
      status: 'note',
      gotThrough: { policies: ['hash of all'] },
    });
    expect(judged.message).toMatch(
      /opens no way to DNS; .* The rules of NetworkPolicy all bar 1 of 2 running pods from the agent, but a test pod/,
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
