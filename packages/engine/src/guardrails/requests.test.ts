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

  it('refuses a kind of request that it does not know', () => {
    expect(() =>
      checkRequest({ kind: 'rename', input: REF } as any, contextWith()),
    ).toThrow('Unknown kind of operation: rename');
  });
});
