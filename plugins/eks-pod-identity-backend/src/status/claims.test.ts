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

  it('reads so little that no annotation keeps cards and sweeps busy', () => {
    // What froze a portal for two seconds a card
    expect(claims('x,'.repeat(100_000))).toMatchObject({
      refs: [],
      problems: [expect.stringMatching(/has 200000 characters/)],
    });
  });
});
