import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import { asForm, withLastSettings } from './lastRequest';

const target = {
  clusterName: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
};
const ROLE = 'arn:aws:iam::111122223333:role/api';
const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

const last: AssociateInput = {
  ...target,
  managedPolicyArns: [S3],
  inlinePolicies: { read: { Version: '2012-10-17' } },
  trustScope: 'namespace',
  targetRoleArn: ROLE,
  tags: { team: 'a' },
  restartWorkloads: true,
  timeoutSeconds: 20,
};

describe('the last request again', () => {
  it('takes from it what the form does not ask for, and nothing of how it ran', () => {
    expect(
      withLastSettings(
        { ...target, tags: { team: 'b' }, keepSettings: true },
        last,
      ),
    ).toEqual({
      ...target,
      inlinePolicies: last.inlinePolicies,
      trustScope: 'namespace',
      targetRoleArn: ROLE,
      tags: { team: 'b' },
    });
  });

  it('gives another role nothing that the last one had', () => {
    expect(withLastSettings({ ...target, roleArn: ROLE }, last)).toEqual({
      ...target,
      roleArn: ROLE,
      targetRoleArn: ROLE,
      tags: { team: 'a' },
    });
  });

  it.each<[string | undefined, string | undefined, boolean]>([
    [ROLE, ROLE, true],
    ['', undefined, true],
    [undefined, '', true],
    [ROLE, `${ROLE}-2`, false],
    [ROLE, '', false],
    ['', ROLE, false],
  ])('of %j, after one of %j, is of the same role: %s', (now, then, isSame) => {
    const { trustScope } = withLastSettings(
      { ...target, roleArn: now },
      { ...last, roleArn: then },
    );
    expect(trustScope).toBe(isSame ? 'namespace' : undefined);
  });

  it.each<[Partial<AssociateInput> | undefined, object | undefined]>([
    [undefined, {}],
    [{}, { managedPolicyArns: [] }],
    [{ roleArn: ROLE, tags: {} }, { roleArn: ROLE }],
    [{ targetRoleArn: '' }, { managedPolicyArns: [] }],
    [
      { disableSessionTags: false },
      { managedPolicyArns: [], keepSettings: true },
    ],
    [{ roleArn: ROLE, managedPolicyArns: [S3] }, undefined],
  ])('says to the form of %j: %j', (input, form) => {
    expect(asForm(input && { ...target, ...input })).toEqual(form);
  });
});
