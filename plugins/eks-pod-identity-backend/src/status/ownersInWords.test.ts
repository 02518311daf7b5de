import { ownersInWords } from './ownersInWords';

it.each([
  [[], ''],
  [['group:default/payments'], 'the payments team'],
  [['Group:default/payments', 'user:default/ada'], 'the payments team and ada'],
])('calls %j “%s”', (refs, expected) => {
  expect(ownersInWords(refs)).toBe(expected);
});
