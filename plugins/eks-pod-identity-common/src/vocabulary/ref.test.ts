import { parseServiceAccountRef, stringifyServiceAccountRef } from './ref';

describe('parseServiceAccountRef', () => {
  it('reads back what was written', () => {
    const ref = {
      cluster: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'payments.api-v2',
    };
    expect(parseServiceAccountRef(stringifyServiceAccountRef(ref))).toEqual(
      ref,
    );
  });

  it.each([
    ['payments', 'write it as <cluster>/<namespace>/<serviceaccount>'],
    ['a/b/c/d', 'write it as <cluster>/<namespace>/<serviceaccount>'],
    ['-x/payments/api', 'cluster must start with a letter or digit'],
    ['prod/Payments/api', 'namespace must be a Kubernetes namespace name'],
    ['prod/payments/', 'serviceAccount must be a Kubernetes service account'],
    ['prod/payments/api-', 'serviceAccount must be a Kubernetes'],
    [`prod/${'n'.repeat(64)}/api`, 'namespace must be a Kubernetes namespace'],
    [`prod/payments/${'s'.repeat(254)}`, 'serviceAccount must be a Kubernetes'],
  ])('refuses %s and names the part', (text, sentence) => {
    expect(() => parseServiceAccountRef(text)).toThrow(sentence);
  });

  it('writes two different references differently', () => {
    expect(
      stringifyServiceAccountRef({
        cluster: 'p',
        namespace: 'a-b',
        serviceAccount: 'c',
      }),
    ).not.toBe(
      stringifyServiceAccountRef({
        cluster: 'p',
        namespace: 'a',
        serviceAccount: 'b-c',
      }),
    );
  });
});
