import { shown } from '../__testUtils__/judge';
import { PORTAL } from '../../text/voice';
import { explainRefusal, type Refusal } from './admissionRefusal';

const where = { namespace: 'payments', serviceAccount: 'api', voice: PORTAL };

const explain = (refusal: Refusal) => shown(explainRefusal(refusal, where));
const refused = (message: string) => explain({ status: 403, message });

/** Messages as Kubernetes 1.3x words them. */
describe('explainRefusal', () => {
  it.each([
    [
      'quota',
      403,
      'pods "p" is forbidden: exceeded quota: small, requested: pods=1, used: pods=10, limited: pods=10',
    ],
    [
      'quota',
      403,
      'pods "p" is forbidden: failed quota: small: must specify limits.cpu for: probe',
    ],
    [
      'limit-range',
      403,
      'pods "p" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m]',
    ],
    [
      'limit-range',
      403,
      'pods "p" is forbidden: maximum memory usage per Container is 128Mi, but limit is 256Mi',
    ],
    [
      'pod-security',
      403,
      'pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    ],
    [
      'missing-service-account',
      403,
      'pods "p" is forbidden: error looking up service account payments/api: serviceaccount "api" not found',
    ],
    [
      'no-dry-run',
      400,
      'admission webhook "policy.example.com" does not support dry run',
    ],
    [
      'admission-webhook',
      403,
      'admission webhook "validate.kyverno.svc-fail" denied the request: image is not from our registry',
    ],
    [
      'admission-webhook',
      422,
      "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'no-public-images' with binding 'b' denied request: no",
    ],
    [
      'admission-webhook',
      422,
      "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'backstage-eks-pod-identity-probe-only' with binding 'b' denied request: another image",
    ],
    ['refused', 422, 'Pod "p" is invalid: spec.containers[0].image: Required'],
  ])('tells %s', (reason, status, message) => {
    const blocker = explain({ status, message });
    expect(blocker.reason).toBe(reason);
    expect(blocker.sentence).toMatch(
      /payments|policy\.example|kyverno|admission policy|did not take/,
    );
  });

  it('names the webhook that does not support dry runs', () => {
    expect(
      explain({
        status: 400,
        message:
          'admission webhook "policy.example.com" does not support dry run',
      }).sentence,
    ).toBe(
      'Dry runs are not possible in namespace payments: the admission webhook policy.example.com does not support them.',
    );
  });

  it('asks for what the probe would use, in the figures of Kubernetes', () => {
    const { fix } = explain({
      status: 403,
      message:
        'pods "p" is forbidden: exceeded quota: small, requested: limits.cpu=500m,pods=1, used: limits.cpu=2,pods=1, limited: limits.cpu=2,pods=1',
    });
    expect(fix?.actions[0]).toContain('asks for: limits.cpu=500m,pods=1.');
    expect(fix?.snippet?.text).toBe(
      `kubectl -n payments patch resourcequota small --type merge --patch '{"spec":{"hard":{"limits.cpu":"2500m","pods":"2"}}}'`,
    );
  });

  it('says what a quota lacks, and that the command raises it', () => {
    const { fix } = refused(
      'pods "p" is forbidden: exceeded quota: small, requested: pods=1, used: pods=10, limited: pods=10',
    );
    expect(fix?.actions).toEqual([
      'Free resources in the namespace, or raise the quota by what the probe asks for: pods=1. The command raises it to what is used and asked for; the probe gives its part back.',
    ]);
  });

  it.each([
    'requested: pods=1,limits.cpu=some, used: pods=10,limits.cpu=1, limited: pods=10',
    'requested: ?, used: ?, limited: ?',
  ])('raises no quota by figures that it understands in part: %s', figures => {
    const { fix } = refused(
      `pods "p" is forbidden: exceeded quota: small, ${figures}`,
    );
    expect(fix?.snippet?.text).toBe(
      'kubectl -n payments describe resourcequota',
    );
    expect(fix?.actions.join()).not.toContain('The command');
  });

  it('only shows a quota whose figures it cannot read', () => {
    expect(
      refused('pods "p" is forbidden: exceeded quota: small').fix?.snippet
        ?.text,
    ).toBe('kubectl -n payments describe resourcequota');
  });

  it.each([
    [
      'smaller than the least',
      'minimum memory usage per Container is 1Gi, but request is 64Mi',
      { requests: ['50m', '1Gi'], limits: ['memory: 1Gi'] },
    ],
    [
      'smaller than the least, which is a number alone',
      'minimum cpu usage per Container is 2, but request is 50m',
      { requests: ["'2'", '64Mi'], limits: ['memory: 256Mi'] },
    ],
    [
      'a request that is too small alone',
      'minimum cpu usage per Container is 100m, but request is 50m',
      { requests: ['100m', '64Mi'], limits: ['memory: 256Mi'] },
    ],
    [
      'larger than the most, also the request',
      '[maximum cpu usage per Container is 40m, but limit is 500m, minimum memory usage per Container is 512Mi, but request is 64Mi]',
      { requests: ['40m', '512Mi'], limits: ['memory: 512Mi', 'cpu: 40m'] },
    ],
    [
      'too far from the request',
      '[cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000, memory max limit to request ratio per Container is 2, but provided ratio is 4.000000]',
      { requests: ['125m', '128Mi'], limits: ['memory: 256Mi', 'cpu: 500m'] },
    ],
  ])(
    'gives the probe a size that fits: %s',
    (_what, message, { requests: [cpu, memory], limits }) => {
      expect(refused(`pods "p" is forbidden: ${message}`).fix?.snippet).toEqual(
        {
          language: 'yaml',
          text: `probe:
  resources:
    requests:
      cpu: ${cpu}
      memory: ${memory}
    limits:
      ${limits.join('\n      ')}`,
        },
      );
    },
  );

  it('only shows a LimitRange that limits something else', () => {
    expect(
      refused(
        'pods "p" is forbidden: maximum cpu usage per Pod is 100m, but limit is 500m',
      ).fix?.snippet?.text,
    ).toBe('kubectl -n payments describe limitrange');
  });

  it('prints no size that is too small for the AWS CLI', () => {
    const { fix } = refused(
      'pods "p" is forbidden: [maximum cpu usage per Container is 100m, but limit is 500m, maximum memory usage per Container is 64Mi, but limit is 256Mi]',
    );
    expect(fix?.cause).toBe(
      'The LimitRange allows a container at most 64Mi of memory, and the AWS CLI in the probe needs 256Mi: no setting makes the probe fit.',
    );
    expect(fix?.actions).toEqual([
      'Raise max.memory of the LimitRange, which the command shows, to 256Mi or more.',
    ]);
    expect(fix?.snippet?.text).toBe('kubectl -n payments describe limitrange');
  });

  it('says the same of every probe, whatever its name', () => {
    const [one, other] = ['a', 'b'].map(
      name =>
        refused(
          `pods "eks-pod-identity-probe-${name}" is forbidden: violates PodSecurity "restricted:latest": x`,
        ).sentence,
    );
    expect(one).toBe(other);
    expect(refused('Pod "p" is invalid: spec: Required').sentence).toBe(
      'Kubernetes did not take the probe pod: spec: Required.',
    );
  });

  it('knows a namespace that is being deleted', () => {
    const { reason, sentence, fix } = explain({
      status: 403,
      message:
        'pods "p" is forbidden: unable to create new content in namespace payments because it is being terminated',
    });
    expect({ reason, sentence }).toEqual({
      reason: 'namespace-terminating',
      sentence:
        'The namespace payments is being deleted, and Kubernetes creates nothing in it any more.',
    });
    expect(fix?.cause).toContain('was deleted');
    expect(fix?.snippet?.text.split('\n')).toEqual([
      "kubectl get namespace payments --ignore-not-found -o 'jsonpath={.status.conditions}'",
      'kubectl wait --for=delete namespace/payments --timeout=300s',
      'kubectl create namespace payments',
      'kubectl -n payments create serviceaccount api',
    ]);
  });
});

describe('a webhook that supports no dry run', () => {
  it.each([
    [
      'admission webhook "policy.example.com" does not support dry run',
      'policy.example.com',
    ],
    ['It does not support dry run', 'the webhook'],
  ])('is for its owner to change: %s', (message, owner) => {
    expect(refused(message)?.fix?.actions[0]).toContain(
      `Ask the owner of ${owner} to declare`,
    );
  });
});
