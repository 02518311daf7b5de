import { untrusted } from '../text/foreign';
import {
  errorOfAnswer,
  wrongClock,
  isKubernetesError,
  KubernetesError,
  toKubernetesBackstageError,
} from './errors';
import { explainForbidden } from './rbac';
import { PORTAL } from '../text/voice';

const CALL = { verb: 'create', resource: 'pods', namespace: 'shop' };

const answered = (code: number, body: string, headers?: { date: string }) =>
  errorOfAnswer(CALL, code, untrusted(body), headers);

function status(code: number, reason: string, message: string) {
  return answered(
    code,
    JSON.stringify({ kind: 'Status', code, reason, message }),
  );
}

describe('errorOfAnswer', () => {
  it.each<[number, string, string, string]>([
    [401, 'Unauthorized', 'Unauthorized', 'unauthorized'],
    [
      403,
      'Forbidden',
      'pods is forbidden: User "x" cannot create',
      'forbidden',
    ],
    [
      403,
      'Forbidden',
      'pods "p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=5',
      'quota',
    ],
    [404, 'NotFound', 'namespaces "shop" not found', 'not-found'],
    [409, 'AlreadyExists', 'pods "p" already exists', 'conflict'],
    [409, 'Conflict', 'the object has been modified', 'conflict'],
    [410, 'Expired', 'too old resource version', 'gone'],
    [
      400,
      'BadRequest',
      'admission webhook "x" does not support dry run',
      'bad-request',
    ],
    [422, 'Invalid', 'Pod "P" is invalid', 'invalid'],
    [429, 'TooManyRequests', 'slow down', 'throttled'],
    [500, 'InternalError', 'failed calling webhook', 'server'],
    [503, 'ServiceUnavailable', 'no endpoints', 'server'],
  ])('%s %s (%s) is %s', (code, reason, message, kind) => {
    expect(status(code, reason, message)).toEqual(
      expect.objectContaining({ kind, status: code, reason, message, ...CALL }),
    );
  });

  it('reads a proxy’s answer', () => {
    const error = answered(
      502,
      '<html><body><h1>502 Bad Gateway</h1></body></html>',
    );
    expect(error.kind).toBe('server');
    expect(error.message).toBe('502 Bad Gateway');
    expect(answered(504, '').message).toBe('HTTP status 504');
  });

  it('keeps no more of a foreign text than a reader needs, on one line and without secrets', () => {
    const long = `${'<'.repeat(100_000)}<b>Gone</b>`;
    expect(answered(502, long).message).toBe('<'.repeat(200));
    const key = 'wJalrXUtnFEMI';
    const said = status(
      500,
      `A\u001b[31m\nSecretAccessKey: ${key}`,
      'x'.repeat(9_000),
    );
    expect(said.message).toHaveLength(4_096);
    const divided = `${'x'.repeat(4_080)} password=${'y'.repeat(40)}`;
    expect(status(500, '', divided).message).not.toContain('y');
    expect(said.reason).toBe('A [31m SecretAccessKey: [redacted]');
  });

  it.each([
    [-6, 'ahead of'],
    [90, 'behind'],
  ])(
    'says that the clock is wrong where the cluster is %s minutes ahead',
    (minutes, word) => {
      const date = new Date(Date.now() + minutes * 60_000).toUTCString();
      const { aheadMs } = answered(401, '', { date });
      expect(wrongClock(aheadMs!, PORTAL)).toBe(
        `The clock of the portal's host is ${Math.abs(
          minutes,
        )} minutes ${word} that of the cluster.`,
      );
    },
  );

  it.each([
    [401, 4],
    [403, 90],
  ])('accuses no clock at %s, %s minutes apart', (code, minutes) => {
    const date = new Date(Date.now() + minutes * 60_000).toUTCString();
    expect(answered(code, '', { date }).aheadMs).toBeUndefined();
    expect(answered(code, '').aheadMs).toBeUndefined();
  });

  it('recognises its kinds', () => {
    const error = status(404, 'NotFound', 'x');
    expect(isKubernetesError(error)).toBe(true);
    expect(isKubernetesError(error, 'not-found', 'conflict')).toBe(true);
    expect(isKubernetesError(error, 'conflict')).toBe(false);
    expect(isKubernetesError(new Error('x'))).toBe(false);
  });
});

describe('toKubernetesBackstageError', () => {
  const told = (error: unknown) =>
    toKubernetesBackstageError(error, {
      doing: 'create the service account api',
      cluster: { id: 'payments' },
    });

  it('names the API group of the missing right', () => {
    const error = new KubernetesError({
      kind: 'forbidden',
      message: 'no',
      verb: 'list',
      resource: 'daemonsets',
    });
    expect(told(error).message).toContain(
      '{apiGroups: ["apps"], resources: ["daemonsets"], verbs: ["list"]}',
    );
  });

  it.each<[string, KubernetesError, string, RegExp]>([
    [
      'a role the cluster does not know',
      status(401, 'Unauthorized', 'Unauthorized'),
      'NotAllowedError',
      /^Could not create the service account api \(cluster payments\)\. Kubernetes answered 401 Unauthorized: Unauthorized\. .*access entry/,
    ],
    [
      'a missing right',
      status(403, 'Forbidden', 'pods is forbidden'),
      'NotAllowedError',
      /in namespace shop the rule \{apiGroups: \[""\], resources: \["pods"\], verbs: \["create"\]\}/,
    ],
    [
      'a quota',
      status(403, 'Forbidden', 'exceeded quota: q'),
      'ConflictError',
      /Raise the ResourceQuota in namespace shop/,
    ],
    [
      'a name that is taken',
      status(409, 'AlreadyExists', 'exists'),
      'ConflictError',
      /run it again/,
    ],
    [
      'an invalid object',
      status(422, 'Invalid', 'Pod "P" is invalid'),
      'InputError',
      /Pod "P" is invalid/,
    ],
    [
      'a closed port',
      new KubernetesError({
        ...CALL,
        kind: 'unreachable',
        message: 'no connection to 127.0.0.1:1: connect ECONNREFUSED',
      }),
      'ServiceUnavailableError',
      /No connection to 127\.0\.0\.1:1.*kubernetes\.access: none/,
    ],
    [
      'silence',
      new KubernetesError({
        ...CALL,
        kind: 'timeout',
        message: 'x did not answer within 1 ms',
      }),
      'ServiceUnavailableError',
      /requestTimeout/,
    ],
    [
      'a token that is too long',
      new KubernetesError({
        kind: 'unauthorized',
        reason: 'TokenTooLong',
        message: 'the token would have 5000 bytes',
      }),
      'NotAllowedError',
      /The token would have 5000 bytes\.$/,
    ],
  ])('tells %s', (_, error, name, sentence) => {
    const result = told(error);
    expect(result.name).toBe(name);
    expect(result.message).toMatch(sentence);
    expect((result as any).cause).toBe(error);
    expect(Object.keys(result)).not.toContain('cause');
  });

  it('leaves aborts and other errors unchanged', () => {
    const abort = new KubernetesError({ kind: 'aborted', message: 'x' });
    expect(told(abort)).toBe(abort);
    const other = new Error('x');
    expect(told(other)).toBe(other);
  });
});

describe('explainForbidden', () => {
  const error = status(403, 'Forbidden', 'violates PodSecurity "restricted"');

  it('asks the cluster, and trusts its denial', async () => {
    const asked: unknown[] = [];
    const api = (allowed: boolean) => ({
      canI: async (attributes: unknown) => {
        asked.push(attributes);
        return { allowed };
      },
    });
    expect(await explainForbidden(api(false), error)).toEqual({
      by: 'rbac',
      rule: '{apiGroups: [""], resources: ["pods"], verbs: ["create"]}',
    });
    expect(await explainForbidden(api(true), error)).toEqual({
      by: 'admission',
      message: error.message,
    });
    expect(asked[0]).toEqual({ ...CALL, group: '' });
  });

  it('does not ask about a quota, and does not guess', async () => {
    const api = {
      canI: async () => {
        throw new KubernetesError({ kind: 'timeout', message: 'x' });
      },
    };
    expect(
      await explainForbidden(
        api,
        status(403, 'Forbidden', 'exceeded quota: q'),
      ),
    ).toEqual({ by: 'admission', message: 'exceeded quota: q' });
    expect(await explainForbidden(api, error)).toEqual({
      by: 'unknown',
      message: error.message,
    });
  });
});
