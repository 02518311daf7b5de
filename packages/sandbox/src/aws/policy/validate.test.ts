import { PolicyUse, validatePolicy } from './validate';

const trust = (statement: unknown) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
const fineTrust = {
  Effect: 'Allow',
  Principal: { Service: 'pods.eks.amazonaws.com' },
  Action: ['sts:AssumeRole', 'sts:TagSession'],
};
const fine = { Effect: 'Allow', Action: 's3:Get*', Resource: '*' };

describe('validatePolicy', () => {
  it.each<[PolicyUse, string]>([
    ['trust', trust(fineTrust)],
    ['trust', trust({ ...fineTrust, Action: 'sts:*' })],
    ['trust', trust({ ...fineTrust, Principal: { AWS: '111122223333' } })],
    [
      'trust',
      trust({ ...fineTrust, Principal: { AWS: 'AROAAAAAAAAAAAAAAAAAA' } }),
    ],
    ['identity', trust(fine)],
    [
      'identity',
      trust({ ...fine, Resource: 'arn:aws:s3:::${aws:PrincipalTag/x}/*' }),
    ],
    ['identity', JSON.stringify({ Version: '2012-10-17', Statement: fine })],
    ['resource', JSON.stringify({ Statement: [{ ...fine, Principal: '*' }] })],
  ])('accepts for %s: %s', (use, text) => {
    expect(validatePolicy(text, use).Statement).toBeDefined();
  });

  it.each<[PolicyUse, string, string]>([
    ['trust', '{', 'This policy contains invalid Json'],
    ['identity', '{', 'Syntax errors in policy.'],
    ['identity', '[]', 'Syntax errors in policy.'],
    [
      'identity',
      JSON.stringify({ Version: '2020-01-01', Statement: [fine] }),
      'Syntax errors in policy.',
    ],
    [
      'identity',
      JSON.stringify({ Version: '2008-10-17', Statement: [fine] }),
      'Policy document must be version 2012-10-17 or greater.',
    ],
    [
      'trust',
      JSON.stringify({ Version: '2012-10-17', Statement: [] }),
      'Missing required field Statement',
    ],
    [
      'trust',
      trust({ ...fineTrust, Resource: '*' }),
      'Has prohibited field Resource',
    ],
    [
      'trust',
      trust({ ...fineTrust, Principal: undefined }),
      'Missing required field Principal',
    ],
    [
      'trust',
      trust({ ...fineTrust, Action: 's3:GetObject' }),
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
    [
      'trust',
      trust({ ...fineTrust, Principal: { Service: 'pods.eks' } }),
      'Invalid principal in policy: "SERVICE":"pods.eks"',
    ],
    [
      'trust',
      trust({ ...fineTrust, Principal: { AWS: 'ana' } }),
      'Invalid principal in policy: "AWS":"ana"',
    ],
    ['trust', trust({ ...fineTrust, Effekt: 'x' }), 'Unknown field Effekt'],
    [
      'trust',
      trust({ ...fineTrust, Condition: { StringSounds: { 'aws:x': 'y' } } }),
      'Invalid Condition type : StringSounds',
    ],
    [
      'identity',
      trust({ ...fine, Principal: '*' }),
      'Policy document should not specify a principal.',
    ],
    [
      'identity',
      trust({ ...fine, Resource: undefined }),
      'Policy statement must contain resources.',
    ],
    [
      'identity',
      trust({ ...fine, Resource: 'bucket' }),
      'Resource bucket must be in ARN format or "*".',
    ],
    [
      'identity',
      trust({ ...fine, Action: undefined }),
      'Policy statement must contain actions.',
    ],
    [
      'identity',
      trust({ ...fine, Action: 'GetObject' }),
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    ['identity', trust({ ...fine, Effect: 'allow' }), 'Invalid effect: allow'],
    [
      'identity',
      trust({ ...fine, Sid: 'with space' }),
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    ],
    [
      'identity',
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { ...fine, Sid: 'A' },
          { ...fine, Sid: 'A' },
        ],
      }),
      'Statement IDs (SID) in a single policy must be unique.',
    ],
  ])('refuses for %s: %s', (use, text, message) => {
    expect(() => validatePolicy(text, use)).toThrow(message);
  });
});
