import { ask, context, denied, LACKING, pod } from '../__testUtils__/judge';
import { known, type Fact } from '../framework/fact';
import type { AdmissionFact } from '../framework/facts/admission';
import { admissionInjects } from './injects';

describe('admission.injects', () => {
  const admission = (over: Partial<AdmissionFact>): AdmissionFact => ({
    answered: 5,
    injected: 0,
    addresses: 2,
    missing: [
      'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
      'the token volume',
    ],
    irsaInstead: false,
    fargate: false,
    attempts: 5,
    fromCreatedPod: false,
    ...over,
  });
  const hook = (over: object = {}) =>
    known({
      webhooks: [
        {
          name: 'iam-for-pods.amazonaws.com',
          url: 'https://127.0.0.1:23443/mutate',
          createsPods: true,
          ...over,
        },
      ],
    });
  const made = context.now - 3_600_000;
  const settled = {
    association: known({ createdAt: made, modifiedAt: made }),
    pods: known([]),
  };
  const namespace = known({ name: 'payments', labels: { team: 'a' } });
  it.each<[string, Fact<unknown>, RegExp]>([
    ['gone', known(null), /is gone/],
    [
      'without its webhook',
      known({ webhooks: [] }),
      /no longer has its webhook/,
    ],
    ['never called', hook({ createsPods: false }), /no longer called/],
    ['elsewhere', hook({ url: 'https://evil.example.com' }), /pointed at/],
    [
      'narrowed',
      hook({ namespaceSelector: { matchLabels: { team: 'b' } } }),
      /leaves out namespace payments/,
    ],
    [
      'narrowed by two labels, of which it has one',
      hook({
        namespaceSelector: { matchLabels: { team: 'a', stage: 'test' } },
      }),
      /leaves out namespace payments/,
    ],
    [
      'narrowed to other values',
      hook({
        namespaceSelector: {
          matchExpressions: [{ key: 'team', operator: 'In', values: ['b'] }],
        },
      }),
      /leaves out namespace payments/,
    ],
    [
      'narrowed by a value that it must not have',
      hook({
        namespaceSelector: {
          matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a'] }],
        },
      }),
      /leaves out namespace payments/,
    ],
    [
      'narrowed to a label that is not there',
      hook({
        namespaceSelector: {
          matchExpressions: [
            { key: 'team', operator: 'Exists' },
            { key: 'stage', operator: 'Exists' },
          ],
        },
      }),
      /leaves out namespace payments/,
    ],
    [
      'narrowed to namespaces without a label',
      hook({
        namespaceSelector: {
          matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }],
        },
      }),
      /leaves out namespace payments/,
    ],
    [
      'narrowed, but not for this namespace',
      hook({
        namespaceSelector: {
          matchLabels: { team: 'a' },
          matchExpressions: [
            { key: 'team', operator: 'In', values: ['b', 'a'] },
            { key: 'team', operator: 'NotIn', values: ['b'] },
            { key: 'stage', operator: 'NotIn', values: ['test'] },
            { key: 'team', operator: 'Exists' },
            { key: 'stage', operator: 'DoesNotExist' },
          ],
        },
      }),
      /^The webhook does not answer/,
    ],
    ['untouched', hook(), /^The webhook does not answer/],
    ['not readable', denied, /^The webhook does not answer/],
  ])('names a registration that is %s', (_what, webhook, cause) => {
    const outcome = ask(admissionInjects, {
      admission: admission({}),
      webhook,
      namespace,
      ...settled,
    });
    expect(outcome.status).toBe('fail');
    expect(outcome.fix?.cause).toMatch(cause);
  });

  it.each<[string, object, string, unknown]>([
    [
      'rules',
      { createsPods: false },
      'rules',
      [
        expect.objectContaining({
          operations: ['CREATE'],
          resources: ['pods'],
        }),
      ],
    ],
    [
      'an address',
      { url: 'https://evil.example.com' },
      'clientConfig/url',
      'https://127.0.0.1:23443/mutate',
    ],
    [
      'a selector of namespaces',
      { namespaceSelector: { matchLabels: { team: 'b' } } },
      'namespaceSelector',
      {},
    ],
    [
      'a selector of pods',
      { objectSelector: { matchLabels: { identity: 'yes' } } },
      'objectSelector',
      expect.objectContaining({ matchExpressions: [expect.anything()] }),
    ],
    ['conditions', { conditional: true }, 'matchConditions', []],
  ])('puts %s back where EKS had others', (_what, over, member, value) => {
    const other = { name: 'other.example.com', createsPods: true };
    const [edited] = (hook(over) as any).value.webhooks;
    const text = ask(admissionInjects, {
      admission: admission({}),
      webhook: known({ webhooks: [other, edited] }),
      namespace,
      ...settled,
    }).fix?.snippet?.text;
    const [, patch] = /--type json --patch '(.*)'$/.exec(text ?? '') ?? [];
    expect(JSON.parse(patch)).toEqual([
      {
        op: 'test',
        path: '/webhooks/1/name',
        value: 'iam-for-pods.amazonaws.com',
      },
      { op: 'add', path: `/webhooks/1/${member}`, value },
    ]);
  });

  it('sends to AWS what no command can write', () => {
    for (const webhook of [known(null), known({ webhooks: [] })]) {
      expect(
        ask(admissionInjects, {
          admission: admission({}),
          webhook,
          namespace,
          ...settled,
        }).fix,
      ).toMatchObject({
        actions: [expect.stringMatching(/^Ask AWS support/)],
      });
    }
  });

  it('names who else changes pods where a part of the injection is missing', () => {
    const actions = (others?: object[]) =>
      ask(admissionInjects, {
        admission: admission({
          missing: ['the token volume'],
          others,
        } as Partial<AdmissionFact>),
        webhook: hook(),
        namespace,
        ...settled,
      }).fix?.actions[0];
    const other = { name: 'x.example.com', configuration: 'x' };
    expect(actions([other, { ...other, name: 'y.example.com' }])).toMatch(
      /These change pods here: x\.example\.com \(x\), y\.example\.com \(x\)\.$/,
    );
    for (const none of [undefined, []]) {
      expect(actions(none)).toMatch(/^Look for the mutating webhook/);
    }
  });

  it('warns of flapping and counts it', () => {
    expect(
      ask(admissionInjects, {
        admission: admission({ injected: 3 }),
        webhook: hook(),
        namespace,
        ...settled,
      }),
    ).toMatchObject({
      status: 'warn',
      message:
        'Only 3 of 5 new pods of payments/api receive the identity: it depends on which API server answers.',
      expected: '5 of 5',
      observed: '3 of 5 dry runs over 2 addresses',
      fix: {
        cause: expect.stringMatching(/^Some API servers of the cluster/),
        actions: expect.arrayContaining([
          expect.stringContaining('Open a case with AWS support'),
        ]),
      },
    });
  });

  const judge = (over: Partial<AdmissionFact>, more: object = {}) =>
    ask(admissionInjects, {
      admission: admission(over),
      webhook: hook(),
      namespace,
      ...settled,
      ...more,
    });

  it.each<[string, Partial<AdmissionFact>, string, string]>([
    [
      'at once',
      { injected: 5 },
      'New pods of payments/api receive the identity.',
      '5 of 5 dry runs over 2 addresses',
    ],
    [
      'where a proxy chooses the API server',
      { injected: 5, addresses: 0 },
      'New pods of payments/api receive the identity.',
      '5 of 5 dry runs by the proxy',
    ],
    [
      'after a wait for the API servers',
      { injected: 5, addresses: 1, waitedMs: 12_340 },
      'New pods of payments/api receive the identity, after 12.3 s.',
      '5 of 5 dry runs over 1 address',
    ],
    [
      'in a created pod, where dry runs are not possible',
      { answered: 1, injected: 1, fromCreatedPod: true },
      'A created pod of payments/api received the identity; dry runs are not possible here.',
      '1 of 1 created pods',
    ],
  ])('passes %s', (_what, over, message, observed) => {
    const outcome = judge({ missing: [], ...over });
    expect(outcome).toEqual({
      status: 'pass',
      message,
      observed,
      attempts: 5,
    });
  });

  it('names what is missing, and IRSA where it decides instead', () => {
    expect(judge({})).toMatchObject({
      status: 'fail',
      message: 'New pods of payments/api start without the identity.',
    });
    expect(judge({ irsaInstead: true })).toMatchObject({
      fix: {
        cause: expect.stringContaining(
          'so the IRSA annotation of the service account decides',
        ),
      },
    });
  });

  it('does not suspect the selector where the namespace cannot be read', () => {
    const narrowed = hook({
      namespaceSelector: { matchLabels: { team: 'b' } },
    });
    for (const unseen of [denied, known(null)]) {
      expect(
        judge({}, { webhook: narrowed, namespace: unseen }).fix?.cause,
      ).toMatch(/^The webhook does not answer/);
    }
  });

  it.each<[string, object]>([
    ['selects a label that pods do not have', { matchLabels: { aws: 'yes' } }],
    [
      'asks for a label',
      { matchExpressions: [{ key: 'aws', operator: 'Exists' }] },
    ],
  ])('names an objectSelector that %s', (_what, objectSelector) => {
    expect(judge({}, { webhook: hook({ objectSelector }) }).fix?.cause).toMatch(
      /^The objectSelector of webhook .* was edited/,
    );
  });

  it('takes the objectSelector of EKS for what it is', () => {
    const objectSelector = {
      matchExpressions: [
        {
          key: 'eks.amazonaws.com/skip-pod-identity-webhook',
          operator: 'DoesNotExist',
        },
      ],
    };
    expect(judge({}, { webhook: hook({ objectSelector }) }).fix?.cause).toMatch(
      /^The webhook does not answer/,
    );
  });

  it('blames another webhook where a part of the injection is there', () => {
    const { message, fix } = judge({
      missing: ['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
    });
    expect(message).toBe(
      'New pods of payments/api do not receive the identity: AWS_CONTAINER_CREDENTIALS_FULL_URI is missing.',
    );
    expect(fix).toMatchObject({
      cause: expect.stringContaining(
        'Another admission webhook takes the rest',
      ),
      snippet: { text: 'kubectl get mutatingwebhookconfigurations' },
    });
    expect(judge({ missing: [] }).message).toContain(
      'its variables hold something else',
    );
  });

  it('waits for an association that changed a moment ago, and no longer', () => {
    const change = (ago: number, more: object = {}) =>
      judge(
        {},
        {
          association: known({
            createdAt: made,
            modifiedAt: context.now - ago,
          }),
          ...more,
        },
      );
    expect(change(60_000)).toMatchObject({
      settling: true,
      fix: {
        cause: expect.stringContaining('it changed a moment ago'),
        actions: [expect.stringMatching(/^Verify again in a minute/)],
      },
    });
    const late = change(600_000);
    expect(late.settling).toBeUndefined();
    expect(late.fix?.cause).toMatch(/^The webhook does not answer/);
    // A pod that is younger than the change has the identity, so the API servers know it.
    const younger = pod({ createdAt: context.now - 1_000 });
    const proven = change(60_000, { pods: known([younger]) });
    expect(proven.settling).toBeUndefined();
    expect(proven.fix?.cause).toMatch(/^The webhook does not answer/);
  });

  it('does not blame the association that a younger pod has, nor says to delete it', () => {
    const younger = pod({ name: 'api-2' });
    const { fix } = judge(
      {},
      { pods: known([pod({ containers: [LACKING] }), younger]) },
    );
    expect(fix?.cause).toContain(
      'the pod api-2 has the identity and is younger than the association',
    );
    expect(fix?.actions).toContainEqual(
      expect.stringMatching(/^Do not delete the association/),
    );
    const older = pod({ createdAt: made - 1 });
    expect(judge({}, { pods: known([older]) }).fix?.cause).toContain(
      'the two look the same',
    );
  });
});
