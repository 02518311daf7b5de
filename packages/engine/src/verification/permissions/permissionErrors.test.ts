import { readPermissionAnswer } from './permissionErrors';

const who =
  'User: arn:aws:sts::111122223333:assumed-role/r/eks-a is not authorized to perform: s3:ListAllMyBuckets';
const denied = (because: string, code = 'AccessDenied') =>
  `\nAn error occurred (${code}) when calling the ListBuckets operation: ${who} ${because}\n`;

/** Wordings: IAM user guide, "Troubleshoot access denied error messages". */
describe('readPermissionAnswer', () => {
  it.each<[string, string, string | undefined, boolean]>([
    [
      denied(
        'because no identity-based policy allows the s3:ListAllMyBuckets action',
      ),
      'denied',
      'identity policy',
      false,
    ],
    [
      denied(
        'because no permissions boundary allows the s3:ListAllMyBuckets action',
      ),
      'denied',
      'permissions boundary',
      false,
    ],
    [
      denied('with an explicit deny in a service control policy'),
      'denied',
      'service control policy',
      true,
    ],
    [
      denied('with an explicit deny in a resource control policy'),
      'denied',
      'resource control policy',
      true,
    ],
    [
      denied('because no session policy allows the s3:ListAllMyBuckets action'),
      'denied',
      'session policy',
      false,
    ],
    [
      denied('with an explicit deny in a resource-based policy'),
      'denied',
      'resource policy',
      true,
    ],
    [
      denied(
        'because no VPC endpoint policy allows the s3:ListAllMyBuckets action',
      ),
      'denied',
      'VPC endpoint policy',
      false,
    ],
    [
      'An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied',
      'denied',
      undefined,
      false,
    ],
    [
      'An error occurred (403) when calling the HeadBucket operation: Forbidden',
      'denied',
      undefined,
      false,
    ],
    [
      'An error occurred (404) when calling the HeadBucket operation: Not Found',
      'missing',
      undefined,
      false,
    ],
    [
      'An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist',
      'missing',
      undefined,
      false,
    ],
    [
      'An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation: The specified queue does not exist.',
      'missing',
      undefined,
      false,
    ],
    [
      'An error occurred (ValidationException) when calling the DescribeTable operation: bad name',
      'refused',
      undefined,
      false,
    ],
    [
      'An error occurred (ThrottlingException) when calling the DescribeKey operation: Rate exceeded',
      'unanswered',
      undefined,
      false,
    ],
    [
      'Connect timeout on endpoint URL: "https://s3.eu-west-1.amazonaws.com/"',
      'unanswered',
      undefined,
      false,
    ],
    ['usage: aws [options] <command>', 'unanswered', undefined, false],
  ])('%s', (text, kind, layer, explicit) => {
    expect(readPermissionAnswer({ exitCode: 254, text })).toMatchObject({
      kind,
      explicit,
    });
    expect(readPermissionAnswer({ exitCode: 254, text }).layer).toBe(layer);
  });

  it('finds the layer at the end of a text whose middle was cut out', () => {
    const cut = `${denied('on resource:').slice(
      0,
      200,
    )} ... because no permissions boundary allows the s3:ListAllMyBuckets action`;
    expect(readPermissionAnswer({ exitCode: 254, text: cut })).toMatchObject({
      kind: 'denied',
      layer: 'permissions boundary',
    });
  });
});
