// wall time: the limits of webhooks are only read here
import { shown } from '../__testUtils__/judge';
import type { KubernetesApi } from '../../kubernetes/types';
import {
  explainDeadWebhook,
  explainSlowWebhook,
  podWebhooks,
  slowSentence,
  withNames,
} from './webhookTrouble';
import { PORTAL } from '../../text/voice';
import type { PodWebhook } from '../framework/blocker';

const NAME = 'x.policy.example.com';
const said = (why: string) =>
  `Internal error occurred: failed calling webhook "${NAME}": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/validate?timeout=5s": ${why}`;
const registered = (rest: Partial<PodWebhook> = {}): PodWebhook => ({
  name: NAME,
  kind: 'validatingwebhookconfiguration',
  configuration: 'policy',
  service: { namespace: 'kyverno', name: 'kyverno-svc' },
  timeoutSeconds: 10,
  ...rest,
});
const LOOK = 'kubectl -n kyverno get services,pods';

describe('explainDeadWebhook', () => {
  it('names the webhook, and asks for its service', () => {
    expect(
      shown(
        explainDeadWebhook(
          said('no endpoints available for service "kyverno-svc"'),
          [registered()],
        )!,
      ),
    ).toMatchObject({
      reason: 'webhook-down',
      sentence: expect.stringMatching(
        /^The admission webhook x\.policy\.example\.com does not answer, and the cluster refuses new pods/,
      ),
      fix: {
        cause: expect.stringContaining("including the workload's"),
        actions: [
          'Bring its service kyverno-svc in namespace kyverno back, or ask its owner to.',
          expect.any(String),
        ],
        snippet: { text: LOOK },
      },
    });
    expect(explainDeadWebhook('etcdserver: leader changed')).toBeUndefined();
  });

  it('removes the registration of a service that is gone, once it is known which', async () => {
    const blocker = explainDeadWebhook(
      said('service "kyverno-svc" not found'),
    )!;
    expect(shown(blocker).fix?.snippet?.text).toBe(LOOK);
    const named = await withNames(blocker, async () => [
      registered({ name: 'another', configuration: 'another' }),
      registered(),
    ]);
    expect(shown(named).fix).toMatchObject({
      actions: [
        'Its service kyverno-svc is not there: install again what had it in namespace kyverno.',
        expect.stringContaining('let its owner delete the configuration'),
      ],
      snippet: { text: 'kubectl delete validatingwebhookconfiguration policy' },
    });
    const unread = await withNames(blocker, async () => {
      throw new Error('forbidden');
    });
    expect(unread).toBe(blocker);
  });
});

describe('explainSlowWebhook', () => {
  it.each<[string, PodWebhook[], string, string, string]>([
    ['an unknown one', [], 'An admission webhook', 'WEBHOOK', 'Timeout.'],
    [
      'the only one',
      [registered()],
      'The admission webhook x.policy.example.com',
      LOOK,
      'Timeout above 10 s.',
    ],
    [
      'one of several',
      [registered(), registered({ name: 'b' }), registered({ name: 'c' })],
      'One of the admission webhooks x.policy.example.com, b or c',
      'WEBHOOK',
      'Timeout above 30 s.',
    ],
  ])('blames %s', (_what, known, who, snippet, last) => {
    const { sentence, fix } = shown(explainSlowWebhook(6, PORTAL, known));
    expect(sentence).toBe(
      `${who} is slow: the Kubernetes API answers other calls, but a pod is not created within 6 s.`,
    );
    expect(fix?.snippet?.text).toContain(snippet);
    expect(fix?.actions.at(-1)).toContain(last);
  });
});

describe('podWebhooks', () => {
  const RULE = {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE'],
    resources: ['pods'],
  };
  const clientConfig = {
    service: { namespace: 'kyverno', name: 'kyverno-svc' },
  };
  const of = (webhooks: object[], kind = 'Validating') =>
    podWebhooks(
      {
        listMutatingWebhookConfigurations: async () => [],
        listValidatingWebhookConfigurations: async () => [],
        [`list${kind}WebhookConfigurations`]: async () => [
          { metadata: { name: 'policy' }, webhooks },
        ],
      } as unknown as KubernetesApi,
      { team: 'payments' },
    );
  const hook = (rest: object = {}) => ({
    name: NAME,
    clientConfig,
    rules: [RULE],
    ...rest,
  });

  it('takes those that judge new pods of the namespace', async () => {
    const kind = 'mutatingwebhookconfiguration';
    expect(await of([hook()])).toEqual([registered()]);
    expect(await of([hook({ timeoutSeconds: 3 })], 'Mutating')).toEqual([
      registered({ kind, timeoutSeconds: 3 }),
    ]);
    const every = { apiGroups: ['*'], operations: ['*'], resources: ['*/*'] };
    expect(await of([hook({ rules: [every] })])).toHaveLength(1);
    const namespaceSelector = { matchLabels: { team: 'payments' } };
    expect(await of([hook({ namespaceSelector })])).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['of EKS itself', { name: 'iam-for-pods.amazonaws.com' }],
    ['for other resources', { rules: [{ ...RULE, resources: ['services'] }] }],
    ['for other groups', { rules: [{ ...RULE, apiGroups: ['apps'] }] }],
    ['for deletions', { rules: [{ ...RULE, operations: ['DELETE'] }] }],
    ['without rules', { rules: undefined }],
    [
      'for other namespaces',
      { namespaceSelector: { matchLabels: { team: 'other' } } },
    ],
  ])('leaves out those %s', async (_what, rest) => {
    expect(await of([hook(rest)])).toEqual([]);
  });
});

describe('slowSentence', () => {
  const named = (...names: string[]) =>
    slowSentence(
      2_340,
      names.map(name => registered({ name })),
    );

  it.each([
    [[], 'An admission webhook is slow'],
    [['a'], 'The admission webhook a is slow'],
    [['a', 'a'], 'The admission webhook a is slow'],
    [['a', 'b'], 'One of the admission webhooks a or b is slow'],
    [['a', 'b', 'c'], 'One of the admission webhooks a, b or c is slow'],
  ])('names %j', (names, begin) => {
    expect(named(...names)).toBe(
      `${begin}: a new pod is admitted after 2.3 s.`,
    );
  });
});
