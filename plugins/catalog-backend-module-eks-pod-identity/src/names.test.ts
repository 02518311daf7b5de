import { KubernetesValidatorFunctions } from '@backstage/catalog-model';
import { nameOfIdentity, nameOfRole } from './names';

const ref = (text: string) => {
  const [cluster, namespace, serviceAccount] = text.split('/');
  return { cluster, namespace, serviceAccount };
};

describe('the name of an identity', () => {
  it('is its ref where that can be no other one', () => {
    expect(nameOfIdentity(ref('payments-prod/payments/api'))).toBe(
      'payments-prod.payments.api',
    );
  });

  /** All that could be one name, were they only joined, cut or compared as the catalog does. */
  const refs = [
    'a.b/c/d',
    'a/b/c.d',
    'a-b/c/d',
    'a/b-c/d',
    'a/b/c-d',
    'Prod/n/s',
    'prod/n/s',
    'pr_od/n/s',
    'pr-od/n/s',
    'prod_/n/s',
    `${'x'.repeat(100)}/n/s`,
    `${'x'.repeat(100)}/n/t`,
    `c/${'n'.repeat(63)}/${'s'.repeat(253)}`,
    `c/${'n'.repeat(63)}/${'s'.repeat(252)}`,
    `c/n/${'s.'.repeat(100)}s`,
  ];

  it.each(refs)('is one that the catalog takes: %s', text => {
    const name = nameOfIdentity(ref(text));
    expect(KubernetesValidatorFunctions.isValidObjectName(name)).toBe(true);
    expect(nameOfIdentity(ref(text))).toBe(name);
  });

  it('is that of no other', () => {
    const names = refs.map(text => nameOfIdentity(ref(text)).toLowerCase());
    expect(new Set(names).size).toBe(refs.length);
  });
});

describe('the name of the entity of a role', () => {
  const arns = [
    'arn:aws:iam::111122223333:role/ledger',
    'arn:aws:iam::444455556666:role/ledger',
    'arn:aws:iam::111122223333:role/a/path/payments+reader@eu=1,x_',
    `arn:aws:iam::111122223333:role/${'r'.repeat(64)}`,
    'arn:aws:iam::111122223333:role/@@',
  ];

  it.each(arns)('is one that the catalog takes: %s', arn => {
    const name = nameOfRole(arn);
    expect(KubernetesValidatorFunctions.isValidObjectName(name)).toBe(true);
    expect(name).not.toMatch(/\d{12}/);
  });

  it('tells the roles of two accounts apart', () => {
    expect(new Set(arns.map(nameOfRole)).size).toBe(arns.length);
    expect(nameOfRole(arns[0])).toMatch(/^ledger-[0-9a-f]{6}$/);
  });
});
