import { nearestName } from './nearest';

const named = (text: string) => {
  const [namespace, serviceAccount] = text.split('/');
  return { namespace, serviceAccount };
};
const nearest = (wanted: string, ...candidates: string[]) => {
  const found = nearestName(named(wanted), candidates.map(named));
  return found && `${found.namespace}/${found.serviceAccount}`;
};

describe('the name that was probably meant', () => {
  it.each<[string, string[], string | undefined]>([
    ['team-x/apl', ['team-a/apl', 'team-x/api', 'team-b/apl'], 'team-x/api'],
    ['team-x/api', ['team-a/api', 'team-b/api', 'team-c/api'], undefined],
    ['paymets/api', ['payments/api', 'billing/api'], 'payments/api'],
    [
      'payments/ledge',
      ['payments/ledger', 'payments/ledgers'],
      'payments/ledger',
    ],
    ['payments/api', ['payments/treasury', 'x/y'], undefined],
    ['shop/cart', ['shop-production/cart', 'x/y'], 'shop-production/cart'],
    ['shop-production/cart', ['shop/cart', 'shop/cards'], 'shop/cart'],
    ['shop/cart', ['shop-production/cart', 'shop-testing/cart'], undefined],
    ['shop/cart', ['shopping-production/cart'], undefined],
    // Three letters may be a typing error, four of seven are another word.
    ['pay/ledgxyz', ['pay/ledger', 'paz/ledgxyz'], 'pay/ledger'],
    ['pay/ledwxyz', ['pay/ledger', 'paz/ledwxyz'], 'paz/ledwxyz'],
    // Two of one team: either is a better guess than none.
    ['payments/apx', ['payments/apa', 'payments/apb'], 'payments/apa'],
    ['a/b', [], undefined],
  ])('for %s beside %j is %s', (wanted, candidates, expected) => {
    expect(nearest(wanted, ...candidates)).toBe(expected);
    expect(nearest(wanted, ...candidates.reverse())).toBe(
      wanted === 'payments/apx' ? 'payments/apb' : expected,
    );
  });
});
