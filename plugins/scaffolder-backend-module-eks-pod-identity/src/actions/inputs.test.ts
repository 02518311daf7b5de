import {
  associateInputSchema,
  associateInputShape,
  verifyInputSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { findInputProblems, inputSchemaOf, parseInput } from './inputs';

const target = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
};

describe('inputSchemaOf', () => {
  const schema = z.object(
    Object.fromEntries(
      Object.entries(inputSchemaOf(associateInputShape)).map(([key, type]) => [
        key,
        type(),
      ]),
    ),
  );

  it('keeps every field, its type and its description', () => {
    expect(Object.keys(schema.shape)).toEqual(Object.keys(associateInputShape));
    for (const [key, type] of Object.entries(associateInputShape)) {
      expect(schema.shape[key].description).toBe(type.description);
      expect(schema.shape[key].isOptional()).toBe(type.isOptional());
      expect(type.description).toBeTruthy();
    }
    expect(schema.safeParse({ ...target, trustScope: 'galaxy' }).success).toBe(
      false,
    );
    expect(schema.safeParse({ ...target, installAgent: 'yes' }).success).toBe(
      false,
    );
  });

  it('leaves what a text may contain to the action', () => {
    expect(
      schema.safeParse({
        ...target,
        namespace: 'Not A Namespace',
        managedPolicyArns: ['nonsense'],
        targetRoleArn: '',
      }).success,
    ).toBe(true);
  });
});

describe('parseInput', () => {
  it('says in words what is wrong, all of it', () => {
    expect(
      findInputProblems(associateInputSchema, {
        clusterName: 'payments-prod',
        namespace: 'Payments_1',
        roleArn: 'arn:aws:iam::1:role/x',
        timeoutSeconds: 0,
      }),
    ).toEqual([
      'namespace must be a Kubernetes namespace name: at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit',
      'serviceAccount is missing',
      'roleArn must be an IAM role ARN such as arn:aws:iam::111122223333:role/my-role',
      'timeoutSeconds is wrong (Number must be greater than or equal to 1)',
    ]);
    expect(() => parseInput(associateInputSchema, {})).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });

  it('says what is wrong inside a list', () => {
    expect(
      findInputProblems(verifyInputSchema, {
        ...target,
        permissionChecks: [{ name: 'List buckets', command: ['s3', 'ls'] }],
      }),
    ).toEqual([
      'permissionChecks.0.name must be 1 to 32 lower-case letters, digits and "-", and not "observed"',
    ]);
  });

  it('takes an empty field of a form as not given', () => {
    expect(
      parseInput(associateInputSchema, { ...target, roleArn: '', tags: null }),
    ).toEqual(target);
  });

  it.each(['targetRoleArn', 'sessionPolicy'])(
    'keeps an empty %s, which clears it',
    key => {
      expect(
        parseInput(associateInputSchema, { ...target, [key]: '' }),
      ).toEqual({ ...target, [key]: '' });
    },
  );

  it('takes an empty text of any other field as not given', () => {
    const others = Object.keys(associateInputShape).filter(
      key => !(key in target) && !/^(targetRoleArn|sessionPolicy)$/.test(key),
    );
    expect(others).toContain('roleDescription');
    expect(
      parseInput(associateInputSchema, {
        ...Object.fromEntries(others.map(key => [key, ''])),
        ...target,
      }),
    ).toEqual(target);
  });

  it('explains a malformed value of a field that may also be empty', () => {
    expect(
      findInputProblems(associateInputSchema, {
        ...target,
        targetRoleArn: 'role',
      }),
    ).toEqual([
      'targetRoleArn must be an IAM role ARN such as arn:aws:iam::111122223333:role/my-role',
    ]);
  });

  it('repeats no more of an input than a person reads', () => {
    const many = findInputProblems(associateInputSchema, {
      ...target,
      managedPolicyArns: Array.from({ length: 25 }, () => 'all'),
    });
    expect(many).toHaveLength(11);
    expect(many.at(-1)).toBe('and 15 more');
    const [long] = findInputProblems(associateInputSchema, {
      ...target,
      ['x'.repeat(20_000)]: 1,
    });
    expect(long).toHaveLength(301);
  });
});
