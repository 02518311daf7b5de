import { POD_IDENTITY_ANNOTATION } from 'backstage-plugin-eks-pod-identity-common';
import { claimsOf } from './claims';

const claims = (annotation?: string) =>
  claimsOf({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: 'api',
      annotations:
        annotation === undefined
          ? undefined
          : { [POD_IDENTITY_ANNOTATION]: annotation },
    },
  });

describe('claimsOf', () => {
  it('reads nothing out of nothing', () => {
    expect(claims()).toMatchObject({ refs: [], problems: [] });
  });

  it('keeps what can be read beside what cannot', () => {
    expect(claims('prod/payments/api, prod/payments')).toEqual({
      refs: [{ cluster: 'prod', namespace: 'payments', serviceAccount: 'api' }],
      problems: [expect.stringContaining('prod/payments')],
    });
  });

  it('takes a hundred, so that no annotation keeps the sweeps busy', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => `prod/payments/api-${index}`);
    expect(claims(many(100).join()).problems).toEqual([]);
    const { refs, problems } = claims(many(5000).join());
    expect(refs).toHaveLength(100);
    expect(problems).toEqual([
      'Only the first 100 of 5000 references are shown',
    ]);
  });
});
