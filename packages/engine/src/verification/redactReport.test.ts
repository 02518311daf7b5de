import { redact } from './redactReport';

describe('redact', () => {
  it.each([
    ['AKIAABCDEFGHIJKLMNOP', 'AKIA[redacted]'],
    [
      'secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY end',
      'secret [redacted] end',
    ],
    [`token ${'aB3/'.repeat(60)}== end`, 'token [redacted] end'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
    ['eyJhbGciOi.eyJpc3MiOi.c2ln tail', '[redacted] tail'],
    ['"SecretAccessKey": "abc"', '"SecretAccessKey": "[redacted]"'],
  ])('takes %s out', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    'arn:aws:sts::111122223333:assumed-role/eks-payments-prod-payments-api-1a2b3c4d/eks-payments-p-api-1b575f8d-0000',
    'public.ecr.aws/aws-cli/aws-cli@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    'User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action',
    '[3f2a-11]: (ResourceNotFoundException): The token included in the request has no service account role association for it., fault: client',
  ])('leaves evidence alone: %s', text => {
    expect(redact(text)).toBe(text);
  });
});
