import { ask, context, HAVING, LACKING, pod } from '../__testUtils__/judge';
import { type Fact, known } from '../framework/fact';
import type { OwnDryRunFact } from '../framework/facts/admission';
import type { ContainerFact, PodFact } from '../framework/facts/workloads';
import { ofPresentSet } from './ownDryRuns';
import { admissionOwnTemplates } from './ownTemplates';

const URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const ACCOUNT = context.ref.serviceAccount;

const workload = (name: string, template: object = {}, rest: object = {}) => ({
  kind: 'Deployment',
  name,
  by: 'account',
  serviceAccount: ACCOUNT,
  rolledOut: true,
  template: pod({
    containers: [LACKING],
    mainContainer: 'app',
    labels: { app: name },
    ...template,
  }),
  ...rest,
});
const admitted = (
  name: string,
  containers: ContainerFact[] = [HAVING],
  serviceAccount = ACCOUNT,
): OwnDryRunFact => ({
  kind: 'Deployment',
  name,
  labels: { app: name },
  admitted: { serviceAccount, containers },
});
const refused = (name: string): OwnDryRunFact => ({
  kind: 'Deployment',
  name,
  labels: {},
  refused: 'A quota has no room.',
});
const hook = (over: object = {}) =>
  known({
    webhooks: [
      { name: 'iam-for-pods.amazonaws.com', createsPods: true, ...over },
    ],
  });

const judge = (
  runs: OwnDryRunFact[],
  {
    found = runs.map(({ name }) => workload(name)),
    untried = 0,
    others = [],
    injected = 5,
    webhook = hook(),
  }: {
    found?: object[];
    untried?: number;
    others?: object[];
    injected?: number;
    webhook?: Fact<unknown>;
  } = {},
) =>
  ask(admissionOwnTemplates, {
    ownDryRuns: { runs, untried, others },
    workloads: { found, unseen: [] },
    admission: known({ answered: 5, injected }),
    webhook,
    namespace: known({ name: 'payments', labels: {} }),
    pods: known([]),
  });

describe('admission.own-templates', () => {
  it('names the workloads whose pods receive the identity, and what was not tried', () => {
    expect(judge([admitted('app')])).toEqual({
      status: 'pass',
      message:
        'A new pod of Deployment app receives the identity, as the API server says.',
    });
    expect(
      judge([admitted('app'), admitted('web')], { untried: 3 }).message,
    ).toBe(
      'New pods of Deployment app and Deployment web receive the identity, as the API server says. 3 further workloads were not tried.',
    );
    expect(judge([]).status).toBe('skip');
  });

  it('says plainly of whom it cannot be told', () => {
    expect(judge([refused('app')])).toMatchObject({
      status: 'unknown',
      message:
        'Whether a new pod of Deployment app receives the identity cannot be told: A quota has no room.',
    });
    expect(judge([admitted('web'), refused('app')])).toMatchObject({
      status: 'note',
      message: expect.stringMatching(
        /^A new pod of Deployment web receives .* Whether a new pod of Deployment app /,
      ),
    });
    expect(admissionOwnTemplates.neededBy).toEqual([]);
  });

  it('leaves to the templates what they say themselves', () => {
    const out = workload('out', { skipped: true });
    expect(judge([admitted('out', [LACKING])], { found: [out] })).toMatchObject(
      {
        status: 'skip',
        explainedBy: { check: 'workloads.templates' },
        message: expect.stringContaining(
          'the next pods of Deployment out would opt out of Pod Identity',
        ),
      },
    );
    expect(
      judge([admitted('out', [LACKING]), admitted('app')], {
        found: [out, workload('app')],
      }),
    ).toMatchObject({
      status: 'pass',
      message: expect.stringMatching(
        /^A new pod of Deployment app receives .* Not judged: the next pods of Deployment out /,
      ),
    });
  });

  it('names the service account that admission gave, and who may have', () => {
    const others = [{ name: 'x.example.com', configuration: 'policy' }];
    const outcome = judge([admitted('app', [HAVING], 'other')], { others });
    expect(outcome).toMatchObject({
      status: 'fail',
      message:
        'A new pod of Deployment app does not receive the identity: admission puts it under the service account other.',
      fix: {
        actions: [
          expect.stringContaining('x.example.com (policy)'),
          expect.stringMatching(/^A change of the pod template does not help/),
        ],
      },
    });
    expect(judge([admitted('app', [HAVING], 'other')]).fix?.actions[0]).toBe(
      'Let that webhook or its policy leave serviceAccountName: api alone.',
    );
  });

  it.each<[string, Partial<ContainerFact>, string]>([
    ['is missing', { injected: false, missing: [URI] }, `${URI} is missing`],
    [
      'is another address',
      { injected: false, foreignCredentialsUri: 'http://HIDDEN' },
      `container app has ${URI} to another address than that of the agent`,
    ],
    [
      'is another path',
      { injected: false, wrong: [`${URI} to another path of the agent`] },
      `container app has ${URI} to another path of the agent`,
    ],
  ])('blames another webhook where the variable %s', (_what, over, said) => {
    const outcome = judge([admitted('app', [{ ...HAVING, ...over }])]);
    expect(outcome).toMatchObject({
      status: 'fail',
      message: `A new pod of Deployment app does not receive the identity: ${said}.`,
      fix: { cause: expect.stringContaining('Another admission webhook') },
    });
    expect(JSON.stringify(outcome)).not.toContain('HIDDEN');
  });

  it('names a selector of the webhook that leaves out these labels, and else what decides', () => {
    const lacking = [admitted('app', [LACKING])];
    const selector = (values: string[]) =>
      hook({
        objectSelector: {
          matchExpressions: [{ key: 'app', operator: 'NotIn', values }],
        },
      });
    expect(judge(lacking, { webhook: selector(['app']) }).fix).toMatchObject({
      cause: expect.stringMatching(
        /leaves out pods with the labels of Deployment app\.$/,
      ),
      snippet: { text: expect.stringContaining('kubectl patch') },
    });
    expect(judge(lacking, { webhook: selector(['web']) }).fix?.cause).toMatch(
      /^A webhook decides by the labels/,
    );
  });

  it('is explained by the probe that lacks it too, and told by chance where some API servers inject', () => {
    const lacking = [admitted('app', [LACKING])];
    expect(judge(lacking, { injected: 0 }).explainedBy).toEqual({
      oneOf: ['admission.injects'],
    });
    expect(judge(lacking).explainedBy).toEqual({ oneOf: [] });
    expect(judge(lacking, { injected: 3 })).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('which API server answers'),
    });
  });

  it('lets a sidecar go without that shows no sign of AWS', () => {
    const proxy = { ...LACKING, name: 'proxy' };
    expect(judge([admitted('app', [HAVING, proxy])]).status).toBe('pass');
    expect(
      judge([admitted('app', [HAVING, { ...proxy, awsSign: 'AWS_REGION' }])])
        .status,
    ).toBe('fail');
    const skipping = workload('app', { skipContainers: ['proxy'] });
    expect(
      judge([admitted('app', [HAVING, { ...proxy, awsSign: 'AWS_REGION' }])], {
        found: [skipping],
      }).status,
    ).toBe('pass');
  });
});

describe('the pod that shows the ReplicaSet of the present template', () => {
  const made = (hash: string, minutesAgo: number, name = 'api') =>
    pod({
      name: `${hash}-${minutesAgo}`,
      labels: { 'pod-template-hash': hash },
      createdAt: context.now - minutesAgo * 60_000,
      owner: { kind: 'Deployment', name },
    });
  const present = (updated: number | undefined, ...pods: PodFact[]) =>
    ofPresentSet(
      {
        kind: 'Deployment',
        name: 'api',
        ...(updated === undefined
          ? {}
          : { replicas: { wanted: 2, updated, available: 2 } }),
      },
      pods,
    )?.labels['pod-template-hash'];
  const newest = (...pods: PodFact[]) => present(undefined, ...pods);

  it('is none of a former one, however young, nor of another Deployment', () => {
    // A node was lost while the roll-out did not go on.
    expect(newest(made('old', 60), made('new', 30), made('old', 1))).toBe(
      'new',
    );
    expect(newest(made('only', 5), made('web', 1, 'web'))).toBe('only');
    expect(newest()).toBeUndefined();
  });

  it('is none of one that a roll-back has abandoned, where it is the smaller one', () => {
    const former = [made('old', 60), made('old', 60)];
    expect(present(2, ...former, made('bad', 5))).toBe('old');
    // A roll-out that goes on or is stuck
    expect(present(1, ...former, made('new', 5))).toBe('new');
    // The count is not of these pods, or of both: what is younger
    expect(present(0, ...former, made('new', 5))).toBe('new');
    expect(present(1, made('old', 60), made('new', 5))).toBe('new');
  });
});
