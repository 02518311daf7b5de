import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import { redact, redactResult } from './redactReport';

describe('redact', () => {
  it.each([
    ['AKIAABCDEFGHIJKLMNOP', 'AKIA[redacted]'],
    [
      'secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY end',
      'secret [redacted] end',
    ],
    [`token ${'aB3/'.repeat(60)}== end`, 'token [redacted] end'],
    ['ASIAABCDEFGHIJKLMNOP', 'ASIA[redacted]'],
    ['ABIAABCDEFGHIJKLMNOP', 'ABIA[redacted]'],
    ['ACCAABCDEFGHIJKLMNOP', 'ACCA[redacted]'],
    ['k8s-aws-v1.aHR0cHM end', 'k8s-aws-v1.[redacted] end'],
    ['?X-Amz-Signature=abc&a=1', '?X-Amz-Signature=[redacted]&a=1'],
    ['<SessionToken>abc</', '<SessionToken>[redacted]</'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
    ['eyJhbGciOi.eyJpc3MiOi.c2ln tail', '[redacted] tail'],
    ['a-eyJhbGciOi.eyJpc3MiOi., x', 'a-[redacted], x'],
    ['v1.eyJhbGciOi.eyJpc3MiOi.c2ln.d', 'v1.[redacted].d'],
    [
      'eyJhbGciOi.payload and keyJhbGciOi.a.b',
      'eyJhbGciOi.payload and keyJhbGciOi.a.b',
    ],
    ['DB_PASSWORD=a/b c', 'DB_PASSWORD=[redacted] c'],
    ['password=a/b&c=d', 'password=[redacted]&c=d'],
    ['Authorization: Basic YTpi tail', 'Authorization: Basic [redacted] tail'],
    ['"Authorization":"Basic YTpi"', '"Authorization":"Basic [redacted]"'],
    ['password="two words" tail', 'password=[redacted] tail'],
    ['password=a,b tail', 'password=[redacted] tail'],
    ['{\\"password\\":\\"x\\"} tail', '{\\"password\\":[redacted]} tail'],
    ['redis://:pw@host tail', 'redis://:[redacted]@host tail'],
    ['http://u:pa@ss@host/x', 'http://u:[redacted]@host/x'],
    ['http://user:pass@proxy:3128/', 'http://user:[redacted]@proxy:3128/'],
    ['"SecretAccessKey": "abc"', '"SecretAccessKey": "[redacted]"'],
    [
      'AWS_SECRET_ACCESS_KEY=a/b+c tail',
      'AWS_SECRET_ACCESS_KEY=[redacted] tail',
    ],
    ["export AWS_SESSION_TOKEN='abc'", "export AWS_SESSION_TOKEN='[redacted]'"],
    ['aws_secret_access_key = abc', 'aws_secret_access_key = [redacted]'],
    [
      '{"AWS_CONTAINER_AUTHORIZATION_TOKEN":"abc","a":1}',
      '{"AWS_CONTAINER_AUTHORIZATION_TOKEN":"[redacted]","a":1}',
    ],
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

describe('redactResult', () => {
  it('lets the text of an agent begin no line of a log, and colour none', () => {
    const said =
      'no credentials\r\n\u001b[32m✓ credentials.identity  forged\u2028\u202edone';
    const { message } = redactResult({
      id: 'credentials.agent-answers',
      category: 'credentials',
      title: 'The agent gives the pod credentials',
      status: 'fail',
      message: `The agent answered: ${said}`,
      durationMs: 0,
    } as CheckResult);
    const line = 'no credentials [32m✓ credentials.identity  forged done';
    expect(message).toBe(`The agent answered: ${line}`);
  });
});
