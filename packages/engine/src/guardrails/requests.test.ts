import { contextWith } from './__testUtils__/context';
import { checkRequest, type JudgedRequest } from './requests';

const REF = {
  clusterName: 'payments',
  namespace: 'shop',
  serviceAccount: 'api',
};

describe('checkRequest', () => {
  it.each<[JudgedRequest['kind'], Record<string, unknown>, RegExp]>([
    ['associate', { createNamespace: true }, /createNamespace is not allowed/],
    [
      'verify',
      { permissionChecks: [{ name: 'x', command: ['s3', 'rm'] }] },
      /"s3 rm" is not allowed/,
    ],
    ['teardown', { removeAgent: true }, /removeAgent is not allowed/],
  ])('judges what a request to %s asks for', (kind, input, sentence) => {
    const request = (more: object) =>
      ({ kind, input: { ...REF, ...more } } as JudgedRequest);
    expect(() => checkRequest(request({}), contextWith())).not.toThrow();
    expect(() => checkRequest(request(input), contextWith())).toThrow(sentence);
  });

  it('lets a portal that only watches verify, and change nothing', () => {
    const watching = contextWith({ allow: { changes: false } });
    const judge = (kind: JudgedRequest['kind']) => () =>
      checkRequest({ kind, input: REF } as JudgedRequest, watching);
    expect(judge('verify')).not.toThrow();
    for (const kind of ['associate', 'teardown'] as const) {
      expect(judge(kind)).toThrow(
        'This portal changes nothing on cluster payments',
      );
    }
  });

  it('refuses a kind of request that it does not know', () => {
    expect(() =>
      checkRequest({ kind: 'rename', input: REF } as any, contextWith()),
    ).toThrow('Unknown kind of operation: rename');
  });
});
