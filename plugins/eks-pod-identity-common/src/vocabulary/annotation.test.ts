import { parsePodIdentityAnnotation } from './annotation';

describe('parsePodIdentityAnnotation', () => {
  it('reads several references and drops duplicates and blanks', () => {
    expect(
      parsePodIdentityAnnotation(
        'prod/payments/api, prod/payments/worker,, prod/payments/api',
      ),
    ).toEqual({
      refs: [
        { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
        { cluster: 'prod', namespace: 'payments', serviceAccount: 'worker' },
      ],
      problems: [],
    });
  });

  it('keeps the good parts beside a broken one', () => {
    const parsed = parsePodIdentityAnnotation('prod/payments/api, oops');
    expect(parsed.refs).toHaveLength(1);
    expect(parsed.problems).toEqual([
      '"oops" is not a service account reference: write it as <cluster>/<namespace>/<serviceaccount>',
    ]);
  });

  it('is empty without a value', () => {
    expect(parsePodIdentityAnnotation(undefined)).toEqual({
      refs: [],
      problems: [],
    });
  });
});
