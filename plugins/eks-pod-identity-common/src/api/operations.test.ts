import {
  associateInputSchema,
  teardownInputSchema,
  verifyInputSchema,
} from '../vocabulary/inputs';
import { startOperationSchema } from './operations';

const target = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'api',
};

describe('inputs', () => {
  it('take the three scalars alone', () => {
    expect(associateInputSchema.parse(target)).toEqual(target);
    expect(verifyInputSchema.parse(target)).toEqual(target);
    expect(teardownInputSchema.parse(target)).toEqual(target);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['roleArn', { roleArn: 'arn:aws:iam::12:role/x' }, 'IAM role ARN'],
    ['roleArn', { roleArn: 'arn:aws:iam::111122223333:user/x' }, 'IAM role'],
    ['roleName', { roleName: 'has space' }, 'IAM role name'],
    ['rolePath', { rolePath: 'backstage' }, 'must begin and end with "/"'],
    ['entityRef', { entityRef: 'payments-api' }, 'full entity reference'],
    ['managedPolicyArns', { managedPolicyArns: ['S3'] }, 'IAM policy ARN'],
    ['trustScope', { trustScope: 'world' }, 'Invalid enum value'],
    ['timeoutSeconds', { timeoutSeconds: 0 }, 'greater than or equal to 1'],
    ['(unknown)', { roleArm: 'x' }, 'Unrecognized key'],
  ])('associate refuses a wrong %s', (_field, extra, sentence) => {
    const parsed = associateInputSchema.safeParse({ ...target, ...extra });
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain(
      JSON.stringify(sentence).slice(1, -1),
    );
  });

  it.each([
    'arn:aws-cn:iam::111122223333:role/service/x',
    'arn:aws-us-gov:iam::111122223333:role/a/b/c',
  ])('takes the role %s of another partition', roleArn => {
    expect(associateInputSchema.safeParse({ ...target, roleArn }).success).toBe(
      true,
    );
  });

  it('limits permission checks to four with plain names', () => {
    const check = { name: 'list', command: ['s3', 'ls'] };
    expect(
      verifyInputSchema.safeParse({
        ...target,
        permissionChecks: Array(5).fill(check),
      }).error?.issues[0].message,
    ).toBe('must have at most four entries');
    expect(
      verifyInputSchema.safeParse({
        ...target,
        permissionChecks: [{ name: 'No spaces', command: ['s3'] }],
      }).success,
    ).toBe(false);
  });

  it('tells operations apart by kind', () => {
    expect(
      startOperationSchema.safeParse({ kind: 'explode', input: target })
        .success,
    ).toBe(false);
    expect(
      startOperationSchema.safeParse({
        kind: 'teardown',
        input: { ...target, roleArn: 'x' },
      }).success,
    ).toBe(false);
  });
});
