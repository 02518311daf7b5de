import { identityPartsSchema } from 'backstage-plugin-eks-pod-identity-common';
import { type Fact, known, lacking } from '../framework/fact';
import { hashOf } from '../framework/canonical';
import { partsOf } from './parts';

const unread = lacking({
  kind: 'because',
  sentence: 'Not read.',
});
const trustPolicy = { Version: '2012-10-17', Statement: [] };
const policy = '{"Version":"2012-10-17","Statement":[]}';

const of = (facts: Record<string, Fact<unknown>>) =>
  partsOf({
    get: async name => facts[name] as any,
  });

describe('the parts of an identity', () => {
  it('are those of the fingerprint, without the texts of policies', async () => {
    const parts = await of({
      association: known({
        id: 'a-1',
        arn: 'arn:a',
        roleArn: 'arn:aws:iam::111122223333:role/api',
        disableSessionTags: true,
        policy,
        tags: { a: 'b' },
        modifiedAt: 7,
      }),
      role: known({
        arn: 'arn:aws:iam::111122223333:role/api',
        roleId: 'AROA1',
        trustPolicy,
        tags: { secret: 'no' },
        permissionsBoundaryArn: 'arn:b',
      }),
      rolePolicies: known({ attached: ['arn:p'], inline: ['own'] }),
    });
    expect(parts).toEqual({
      association: {
        id: 'a-1',
        modifiedAt: 7,
        roleArn: 'arn:aws:iam::111122223333:role/api',
        disableSessionTags: true,
        policy: hashOf(policy),
      },
      role: {
        arn: 'arn:aws:iam::111122223333:role/api',
        id: 'AROA1',
        trust: hashOf(trustPolicy),
        boundaryArn: 'arn:b',
      },
      policies: { attached: ['arn:p'], inline: ['own'] },
    });
    expect(identityPartsSchema.parse(parts)).toEqual(parts);
  });

  it('tell what is not there from what could not be read', async () => {
    expect(
      await of({
        association: known(null),
        role: known(null),
        rolePolicies: unread,
      }),
    ).toEqual({ missing: ['association', 'role'] });
    expect(
      await of({ association: unread, role: unread, rolePolicies: unread }),
    ).toEqual({});
  });
});
