import {
  ask,
  context,
  denied,
  HAVING,
  LACKING,
  pod,
  workloadFact,
} from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type { PodFact, WorkloadFact } from '../framework/facts/workloads';
import { workloadsNetwork } from './network';
import { admissionOwnTemplates } from './ownTemplates';
import { workloadsTemplates } from './templates';

const { serviceAccount } = context.ref;

/** One without pods, whose template is as it should be. */
const workload = (
  template: Partial<PodFact> = {},
  { kind = 'CronJob', name = 'nightly', ...rest }: Partial<WorkloadFact> = {},
) =>
  workloadFact({
    kind,
    name,
    ...rest,
    template: {
      containers: [LACKING],
      mainContainer: 'app',
      labels: { app: name },
      ...template,
    },
  });

const keys = {
  ...LACKING,
  carried: [
    {
      what: 'keys',
      said: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      likely: true,
    } as const,
  ],
};

describe('templates of workloads without pods', () => {
  const judge = (one: WorkloadFact, pods: PodFact[] = []) =>
    ask(workloadsTemplates, {
      workloads: { found: [one], unseen: [] },
      pods,
      evidence: denied,
    });

  it.each<[string, WorkloadFact, string, RegExp]>([
    [
      'leaves its main container out',
      workload({
        skipContainers: ['app'],
        containers: [LACKING, { ...LACKING, name: 'shipper' }],
      }),
      'warn',
      /CronJob nightly would leave app out of Pod Identity/,
    ],
    [
      'leaves another one out',
      workload({
        skipContainers: ['shipper'],
        containers: [LACKING, { ...LACKING, name: 'shipper' }],
      }),
      'pass',
      /as the identity needs it/,
    ],
    [
      'has a proxy',
      workload({ containers: [{ ...LACKING, proxied: 'yes' }] }),
      'warn',
      /would send requests to the agent through a proxy, with which the SDKs for Go v2, Go v1 and Rust get no credentials/,
    ],
    [
      'has a proxy that its SDK passes over',
      workload({
        containers: [{ ...LACKING, proxied: 'yes' }],
        sdk: 'Python',
      }),
      'pass',
      /as the identity needs it/,
    ],
    [
      'is for Windows',
      workload({
        placement: { nodeSelector: { 'kubernetes.io/os': 'windows' } },
      }),
      'warn',
      /would run on Windows nodes/,
    ],
    [
      'is for Linux',
      workload({
        placement: { nodeSelector: { 'kubernetes.io/os': 'linux' } },
      }),
      'pass',
      /as the identity needs it/,
    ],
    [
      'is a suspended Job with keys',
      workload({ containers: [keys] }, { kind: 'Job', name: 'import' }),
      'warn',
      /next pods of Job import would set AWS_ACCESS_KEY_ID/,
    ],
  ])('%s', (_what, one, status, says) => {
    const outcome = judge(one);
    expect(outcome).toMatchObject({ status });
    expect(outcome.message).toMatch(says);
  });

  it('counts a proxy in one of two containers for that one alone', () => {
    const proxied = { ...LACKING, name: 'shipper', proxied: 'yes' as const };
    expect(judge(workload({ containers: [LACKING, proxied] }))).toMatchObject({
      lacking: [{ how: 'identity', partly: true }],
    });
    const [alone] = judge(workload({ containers: [proxied] })).lacking!;
    expect(alone).not.toHaveProperty('partly');
  });

  it('leaves a Job to its pods, and to the CronJob that made it', () => {
    const job = { kind: 'Job', name: 'nightly-1' } as const;
    const of = (rest: Partial<WorkloadFact>) =>
      workload({ containers: [keys] }, { ...job, ...rest });
    const controller = { kind: 'CronJob', name: 'nightly' };
    expect(judge(of({}), [pod({ owner: job })]).status).toBe('skip');
    expect(judge(of({ controller })).status).toBe('skip');
  });

  it('notes that a CronJob names another account since its run began', () => {
    const moved = workload({}, { by: 'pods', serviceAccount: 'default' });
    const run = pod({ owner: { kind: 'CronJob', name: 'nightly' } });
    expect(judge(moved, [run])).toMatchObject({
      status: 'note',
      message:
        'The next pods of CronJob nightly would run under the service account default.',
    });
  });

  it('says which templates it does not read', () => {
    const owner = { kind: 'Rollout', name: 'ledger' };
    expect(judge(workload(), [pod({ owner })]).message).toMatch(
      /The template of Rollout ledger is of a kind that is not read here\.$/,
    );
  });
});

describe('NetworkPolicies of workloads without pods', () => {
  const closed = {
    name: 'closed',
    hash: 'c',
    selector: { matchLabels: { app: 'nightly' } },
    selectsProbe: false,
    allowsAgent: false,
    opensMore: false,
    opensDns: false,
  };
  const judge = (policy: object, pods: PodFact[] = []) =>
    ask(workloadsNetwork, {
      pods,
      networkPolicies: [policy],
      podRun: denied,
      workloads: known({ found: [workload()], unseen: [] }),
    });

  it('warns where they bar the next pods, and no running one', () => {
    const barred = {
      status: 'warn',
      message:
        'The next pods of CronJob nightly might not reach the agent: NetworkPolicy closed selects them and opens no way to it.',
      lacking: [{ how: 'identity', pods: ['CronJob nightly'] }],
    };
    expect(judge(closed)).toMatchObject(barred);
    expect(judge(closed, [pod()])).toMatchObject(barred);
  });

  it('says nothing of those that open the way', () => {
    const open = {
      ...closed,
      allowsAgent: true,
      opensMore: true,
      opensDns: true,
    };
    expect(judge(open).status).toBe('skip');
    expect(judge(open, [pod()]).status).toBe('pass');
  });
});

describe('what admission makes of the next pods', () => {
  const judge = (admitted: object, over: object = {}, template: object = {}) =>
    ask(admissionOwnTemplates, {
      ownDryRuns: {
        runs: [
          {
            kind: 'CronJob',
            name: 'nightly',
            labels: {},
            admitted: { serviceAccount, containers: [HAVING], ...admitted },
          },
        ],
        untried: 0,
        others: [{ name: 'mutate.example', configuration: 'engine' }],
      },
      workloads: { found: [workload(template)], unseen: [] },
      admission: known({ answered: 5, injected: 5 }),
      webhook: known({
        webhooks: [
          { name: 'iam-for-pods.amazonaws.com', createsPods: true, ...over },
        ],
      }),
      namespace: known({ name: 'payments', labels: {} }),
      pods: known([]),
    });
  const having = (rest: object) => ({ containers: [{ ...HAVING, ...rest }] });

  it('fails where it adds what comes before the identity, and names who may', () => {
    const outcome = judge(having({ carried: keys.carried }));
    expect(outcome).toMatchObject({
      status: 'fail',
      message:
        'A new pod of CronJob nightly does not receive the identity: admission lets it set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which every SDK uses before Pod Identity.',
    });
    expect(outcome.fix!.actions.join(' ')).toContain('mutate.example (engine)');
  });

  it('leaves to the template what the template says', () => {
    const own = judge(
      having({ carried: keys.carried }),
      {},
      {
        containers: [keys],
      },
    );
    expect(own).toMatchObject({
      status: 'skip',
      explainedBy: { check: 'workloads.templates' },
    });
  });

  it('notes a proxy that it adds', () => {
    expect(judge(having({ proxied: 'yes' }))).toMatchObject({
      status: 'note',
      message: expect.stringContaining(
        'Admission gives a new pod of CronJob nightly a proxy that does not spare the agent, with which the SDKs for Go v2, Go v1 and Rust get no credentials.',
      ),
    });
  });

  it('fails where a Fargate profile takes them', () => {
    expect(judge({ fargate: true })).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(
        'EKS puts it on Fargate, where there is no agent',
      ),
    });
  });

  it('notes conditions of the webhook, which may be about controllers', () => {
    expect(judge({}, { conditional: true })).toMatchObject({
      status: 'note',
      message: expect.stringContaining('has matchConditions'),
    });
    expect(judge({}).status).toBe('pass');
  });
});
