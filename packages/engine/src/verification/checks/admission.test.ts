import { ask, denied } from '../__testUtils__/judge';
import { known, type Fact } from '../facts/fact';
import type { AdmissionFact } from '../facts/types';
import { admissionInjects } from './admissionInjects';

describe('admission.injects', () => {
  const admission = (over: Partial<AdmissionFact>): AdmissionFact => ({
    answered: 5,
    injected: 0,
    addresses: 2,
    missing: ['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
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
      /API servers do not know the association/,
    ],
    ['untouched', hook(), /API servers do not know the association/],
    ['not readable', denied, /API servers do not know the association/],
  ])('names a registration that is %s', (_what, webhook, cause) => {
    const outcome = ask(admissionInjects, {
      admission: admission({}),
      webhook,
      namespace,
    });
    expect(outcome.status).toBe('fail');
    expect(outcome.fix?.cause).toMatch(cause);
  });

  it('warns of flapping and counts it', () => {
    expect(
      ask(admissionInjects, {
        admission: admission({ injected: 3 }),
        webhook: hook(),
        namespace,
      }),
    ).toMatchObject({
      status: 'warn',
      observed: '3 of 5 dry runs over 2 addresses',
    });
  });
});
