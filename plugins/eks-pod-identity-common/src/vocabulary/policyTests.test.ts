import { permissionCheckSchema } from './inputs';
import { policyTestNames } from './policyTests';

const own = (name: string, account = '111122223333') =>
  `arn:aws:iam::${account}:policy/${name}`;

describe('policyTestNames', () => {
  it.each([
    [
      'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
      'amazon-s3-read-only-access',
    ],
    [own('team/read-payments-receipts'), 'read-payments-receipts'],
    [own('a+b=c@d,e_f'), 'a-b-c-d-e-f'],
    [own('n'.repeat(128)), 'n'.repeat(32)],
    // Names of checks that are there already
    [own('observed'), 'observed-2'],
    [own('Identity'), 'identity-2'],
  ])('names the test of %s', (arn, name) => {
    expect([...policyTestNames([arn])]).toEqual([[arn, name]]);
    expect(
      permissionCheckSchema.parse({ name, command: ['s3', 'ls'] }).name,
    ).toBe(name);
  });

  it('gives no two policies one name, and each one name', () => {
    const arns = [
      own('read'),
      own('read', '444455556666'),
      own('a/read'),
      own('read'),
      own('x'.repeat(40)),
      own(`${'x'.repeat(40)}y`),
    ];
    const names = [...policyTestNames(arns).values()];
    expect(names).toEqual([
      'read',
      'read-2',
      'read-3',
      'x'.repeat(32),
      `${'x'.repeat(30)}-2`,
    ]);
  });
});
