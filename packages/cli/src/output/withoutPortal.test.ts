import { withoutPortal } from './withoutPortal';

it.each([
  [
    'The portal is not allowed to call eks:DescribeCluster.',
    'This program is not allowed to call eks:DescribeCluster.',
  ],
  [
    "The portal's own role lacks permissions. Add this policy to the portal's role.",
    'Your own role lacks permissions. Add this policy to your role.',
  ],
  [
    "Check the clock of the portal's host, and firewalls between the portal and the cluster.",
    'Check the clock of this machine, and firewalls between this program and the cluster.',
  ],
  ['<ARN of the role of the portal>', '<ARN of your role>'],
  [
    'Add the account to aws.accounts in app-config with a roleName or keys, or run the portal under an identity of that account.',
    'Use credentials of that account.',
  ],
  [
    'arn:aws:iam::111122223333:role/portal/reader, made by another portal',
    'arn:aws:iam::111122223333:role/portal/reader, made by another portal',
  ],
])('%s', (said, words) => {
  expect(withoutPortal(said)).toBe(words);
});
