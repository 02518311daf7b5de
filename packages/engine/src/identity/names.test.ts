import { nameOfArn, rolePathOfArn } from '../aws/arn';
import {
  defaultRoleName,
  identityHash,
  IdentityTarget,
  identityTarget,
  isLikeDefaultName,
  isOurInlinePolicy,
  isOurSid,
  isRoleName,
  inlinePolicyName,
  moveSid,
  TARGET_POLICY_NAME,
  trustSid,
} from './names';

const target = (namespace: string, serviceAccount: string): IdentityTarget => ({
  clusterArn: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments',
  namespace,
  serviceAccount,
});

describe('names', () => {
  it('hashes the ARN, the namespace and the service account', () => {
    // printf %s '<arn>/a/b' | sha256sum
    expect(identityHash(target('a', 'b'))).toBe(
      '4830c85ea3778618dd8948c2746f36ffa24d70b72ca4ab5dd041951239664f7f',
    );
  });

  it('distinguishes a-b/c from a/b-c', () => {
    const one = target('a-b', 'c');
    const two = target('a', 'b-c');
    expect(trustSid(one)).not.toBe(trustSid(two));
    expect(defaultRoleName('payments', one)).not.toBe(
      defaultRoleName('payments', two),
    );
  });

  it('writes a readable role name that IAM accepts, cut before the hash', () => {
    expect(defaultRoleName('payments', target('shop', 'api'))).toMatch(
      /^eks-payments-shop-api-[0-9a-f]{8}$/,
    );
    const long = defaultRoleName('c'.repeat(100), target('n', 's'.repeat(253)));
    expect(long).toHaveLength(64);
    expect(isRoleName(long)).toBe(true);
    expect(long).toMatch(/-[0-9a-f]{8}$/);
  });

  it('knows its own Sids and policies and no others', () => {
    expect(isOurSid(trustSid(target('a', 'b')))).toBe(true);
    expect(isOurSid('BackstageEksPodIdentity')).toBe(false);
    expect(isOurSid(`${trustSid(target('a', 'b'))}0`)).toBe(false);
    expect(isOurSid(undefined)).toBe(false);
    expect(isOurInlinePolicy(inlinePolicyName('x'))).toBe(true);
    expect(isOurInlinePolicy(TARGET_POLICY_NAME)).toBe(true);
    expect(isOurInlinePolicy('BackstageEksPodIdentityX')).toBe(false);
  });

  it('names the statement of a move by another Sid, which is not one that a portal removes as its own', () => {
    const move = moveSid(target('a', 'b'));
    expect(move).toMatch(/^BackstageEksMove[0-9a-f]{16}$/);
    expect(move).not.toBe(moveSid(target('a', 'c')));
    expect(isOurSid(move)).toBe(false);
  });

  it.each([
    [defaultRoleName('payments', target('shop', 'api')), true],
    ['EKS-payments-shop-api-0123ABCD', true],
    ['eks-payments-shop-api', false],
    ['eks-0123abcd', false],
    ['my-eks-payments-shop-api-0123abcd', false],
    ['eks-payments-shop-api-0123abcd-2', false],
  ])('tells whether %s looks like a name that it gives', (name, isLike) => {
    expect(isLikeDefaultName(name)).toBe(isLike);
  });

  it('splits role ARNs', () => {
    const arn = 'arn:aws:iam::111122223333:role/backstage/team/api';
    expect(nameOfArn(arn)).toBe('api');
    expect(rolePathOfArn(arn)).toBe('/backstage/team/');
    expect(rolePathOfArn('arn:aws:iam::111122223333:role/api')).toBe('/');
  });

  it("identifies a service account by the ARN of its cluster, not by the portal's id of it", () => {
    const ref = { cluster: 'prod', namespace: 'a', serviceAccount: 'b' };
    const { clusterArn: arn } = target('a', 'b');
    expect(identityTarget({ arn }, ref)).toEqual(target('a', 'b'));
  });
});
