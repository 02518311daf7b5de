import { associateInputSchema, verifyInputSchema } from './inputs';

const REF = { clusterName: 'c', namespace: 'n', serviceAccount: 's' };
const ROLE = 'arn:aws:iam::111122223333:role/';
const POLICY = 'arn:aws:iam::111122223333:policy/';

/** An ARN of that length, by a long path. */
function long(prefix: string, length: number) {
  return `${prefix}${'p'.repeat(length - prefix.length - 2)}/x`;
}

describe('Inputs', () => {
  it.each<[string, (length: number) => object]>([
    ['roleArn', length => ({ roleArn: long(ROLE, length) })],
    ['targetRoleArn', length => ({ targetRoleArn: long(ROLE, length) })],
    [
      'managedPolicyArns.0',
      length => ({ managedPolicyArns: [long(POLICY, length)] }),
    ],
    [
      'detachManagedPolicyArns.0',
      length => ({ detachManagedPolicyArns: [long(POLICY, length)] }),
    ],
  ])('%s is no longer than an ARN can be', (field, input) => {
    const parse = (length: number) =>
      associateInputSchema.safeParse({ ...REF, ...input(length) });
    expect(parse(2048).success).toBe(true);
    expect(parse(2049).error?.issues[0].path.join('.')).toBe(field);
    expect(JSON.stringify(parse(240_000).error)).toContain(
      'must have at most 2048 characters',
    );
  });

  it('expectedRoleArn is no longer than an ARN can be', () => {
    const parse = (length: number) =>
      verifyInputSchema.safeParse({
        ...REF,
        expectedRoleArn: long(ROLE, length),
      }).success;
    expect([parse(2048), parse(2049)]).toEqual([true, false]);
  });

  it('entityRef follows the rules of the catalog, and so fits into a tag', () => {
    const parse = (name: string) =>
      associateInputSchema.safeParse({
        ...REF,
        entityRef: `component:default/${name}`,
      }).success;
    expect(parse('x'.repeat(63))).toBe(true);
    expect(parse('x'.repeat(64))).toBe(false);
  });

  it('a permission check has no other fields than its two', () => {
    const problems = verifyInputSchema.safeParse({
      ...REF,
      permissionChecks: [{ name: 'list', command: ['s3', 'ls'], region: 'x' }],
    }).error?.issues;
    expect(problems).toMatchObject([
      { code: 'unrecognized_keys', keys: ['region'] },
    ]);
  });
});
