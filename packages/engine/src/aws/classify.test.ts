import {
  AccessDeniedException as EksAccessDenied,
  InvalidParameterException,
  ResourceInUseException,
  ResourceLimitExceededException,
  ResourceNotFoundException,
  ServerException,
} from '@aws-sdk/client-eks';
import {
  DeleteConflictException,
  EntityAlreadyExistsException,
  IAMServiceException,
  NoSuchEntityException,
} from '@aws-sdk/client-iam';
import { classifyAwsError } from './classify';
import { parseDenial } from './denial';

const $metadata = (httpStatusCode: number) => ({
  $metadata: { httpStatusCode },
});

function generic(name: string, message: string, status: number) {
  return new IAMServiceException({
    name,
    message,
    $fault: 'client',
    ...$metadata(status),
  });
}

describe('classifyAwsError', () => {
  it.each<[string, unknown, string]>([
    [
      'IAM NoSuchEntity, modelled',
      Object.assign(
        new NoSuchEntityException({ message: 'gone', ...$metadata(404) }),
        { Code: 'NoSuchEntity' },
      ),
      'not-found',
    ],
    [
      'IAM EntityAlreadyExists',
      new EntityAlreadyExistsException({ message: 'x', ...$metadata(409) }),
      'conflict',
    ],
    [
      'IAM DeleteConflict',
      new DeleteConflictException({ message: 'x', ...$metadata(409) }),
      'in-use',
    ],
    [
      'IAM AccessDenied, not modelled',
      generic('AccessDenied', 'no', 403),
      'denied',
    ],
    [
      'EKS AccessDeniedException',
      new EksAccessDenied({ message: 'no', ...$metadata(403) }),
      'denied',
    ],
    [
      'EKS 409 of an association that exists',
      new ResourceInUseException({
        message: 'Association already exists: a-123',
        ...$metadata(409),
      }),
      'conflict',
    ],
    [
      'EKS 409 of a resource in use',
      new ResourceInUseException({
        message: 'Addon is in CREATING state',
        ...$metadata(409),
      }),
      'in-use',
    ],
    [
      'EKS 404',
      new ResourceNotFoundException({ message: 'x', ...$metadata(404) }),
      'not-found',
    ],
    [
      'EKS 400',
      new InvalidParameterException({
        message: 'Role provided in the request does not exist.',
        ...$metadata(400),
      }),
      'invalid',
    ],
    [
      'EKS 429',
      generic('ThrottlingException', 'Rate exceeded', 429),
      'throttled',
    ],
    [
      'EKS quota',
      new ResourceLimitExceededException({ message: 'x', ...$metadata(400) }),
      'limit',
    ],
    [
      'EKS 500',
      new ServerException({ message: 'x', ...$metadata(500) }),
      'server',
    ],
    [
      'an expired token',
      generic('ExpiredTokenException', 'expired', 403),
      'credentials',
    ],
    [
      'a wrong secret',
      generic('SignatureDoesNotMatch', 'x', 403),
      'credentials',
    ],
    [
      'an unknown key',
      generic('UnrecognizedClientException', 'x', 403),
      'credentials',
    ],
    [
      'EC2 refusing',
      generic('UnauthorizedOperation', 'You are not authorized', 403),
      'denied',
    ],
    [
      'EC2 throttling calls, which it answers with 503',
      generic('RequestLimitExceeded', 'Request limit exceeded.', 503),
      'throttled',
    ],
    [
      'EC2 rejecting an unknown key',
      generic('AuthFailure', 'AWS was not able to validate', 401),
      'credentials',
    ],
    [
      'EC2 after the credentials expired',
      generic('RequestExpired', 'Request has expired.', 400),
      'credentials',
    ],
    [
      'no credentials at all',
      Object.assign(new Error('Could not load credentials'), {
        name: 'CredentialsProviderError',
      }),
      'credentials',
    ],
    [
      'a refused connection',
      Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
        code: 'ECONNREFUSED',
      }),
      'unreachable',
    ],
    [
      'an unknown host name',
      Object.assign(new Error('getaddrinfo ENOTFOUND x'), {
        code: 'ENOTFOUND',
      }),
      'unreachable',
    ],
    [
      'both address families refusing',
      Object.assign(
        new AggregateError([
          Object.assign(new Error('connect ECONNREFUSED ::1:1'), {
            code: 'ECONNREFUSED',
          }),
        ]),
        { code: 'ECONNREFUSED' },
      ),
      'unreachable',
    ],
    [
      'no answer in time',
      Object.assign(new Error('timeout'), { name: 'TimeoutError' }),
      'unreachable',
    ],
    [
      'a cancelled call',
      Object.assign(new Error('Request aborted'), { name: 'AbortError' }),
      'aborted',
    ],
    ['an unknown 5xx', generic('Weird', 'x', 503), 'server'],
    ['an unknown 403', generic('Weird', 'x', 403), 'denied'],
    ['a body that is cut off', new SyntaxError('Unexpected end'), 'server'],
    ['something else', new Error('boom'), 'other'],
    ['not even an error', 'boom', 'other'],
    ['nothing', undefined, 'other'],
  ])('%s', (_, error, kind) => {
    expect(classifyAwsError(error).kind).toBe(kind);
  });

  it('prefers the service’s code to the name of the class', () => {
    const error = Object.assign(
      new NoSuchEntityException({
        message: 'The role with name x cannot be found.',
        ...$metadata(404),
      }),
      { Code: 'NoSuchEntity' },
    );
    expect(classifyAwsError(error)).toEqual({
      kind: 'not-found',
      code: 'NoSuchEntity',
      message: 'The role with name x cannot be found.',
      status: 404,
    });
  });

  it('reads principal, action, resource and layer of a denial', () => {
    const message =
      'User: arn:aws:sts::111122223333:assumed-role/backstage/x is not authorized to perform: eks:DeletePodIdentityAssociation on resource: arn:aws:eks:eu-west-1:111122223333:podidentityassociation/c/a-1 because no identity-based policy allows the eks:DeletePodIdentityAssociation action';
    expect(classifyAwsError(generic('AccessDenied', message, 403))).toEqual({
      kind: 'denied',
      code: 'AccessDenied',
      message,
      status: 403,
      principal: 'arn:aws:sts::111122223333:assumed-role/backstage/x',
      action: 'eks:DeletePodIdentityAssociation',
      resource:
        'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/c/a-1',
      layer: 'identity policy',
    });
  });

  it('reads the sentence that EC2 appends to its own', () => {
    const principal = 'arn:aws:sts::111122223333:assumed-role/backstage/x';
    const message = `You are not authorized to perform this operation. User: ${principal} is not authorized to perform: ec2:DescribeVpcEndpoints with an explicit deny in a service control policy`;
    expect(
      classifyAwsError(generic('UnauthorizedOperation', message, 403)),
    ).toEqual({
      kind: 'denied',
      code: 'UnauthorizedOperation',
      message,
      status: 403,
      principal,
      action: 'ec2:DescribeVpcEndpoints',
      resource: undefined,
      layer: 'service control policy',
    });
  });

  it('removes every secret', () => {
    const { message } = classifyAwsError(
      new Error(
        'token k8s-aws-v1.aHR0cHM6Ly9zdHM and AKIAIOSFODNN7EXAMPLE and X-Amz-Signature=abc&X-Amz-Security-Token=FwoG "SecretAccessKey":"wJalr"',
      ),
    );
    expect(message).not.toMatch(/aHR0|IOSFODNN|abc|FwoG|wJalr/);
  });
});

describe('parseDenial', () => {
  const user = 'User: arn:aws:iam::1:user/x is not authorized to perform: ';
  it.each([
    [
      'with an explicit deny in a service control policy',
      'service control policy',
      true,
    ],
    [
      'with an explicit deny in a resource control policy',
      'resource control policy',
      true,
    ],
    [
      'because no permissions boundary allows the s3:GetObject action',
      'permissions boundary',
      false,
    ],
    [
      'because no session policy allows the s3:GetObject action',
      'session policy',
      false,
    ],
    [
      'because no resource-based policy allows the s3:GetObject action',
      'resource policy',
      false,
    ],
    [
      'because no VPC endpoint policy allows the s3:GetObject action',
      'VPC endpoint policy',
      false,
    ],
    [
      'with an explicit deny in an identity-based policy',
      'identity policy',
      true,
    ],
  ])('%s', (end, layer, explicit) => {
    expect(
      parseDenial(`${user}s3:GetObject on resource: "arn:aws:s3:::b/k" ${end}`),
    ).toEqual({
      principal: 'arn:aws:iam::1:user/x',
      action: 's3:GetObject',
      resource: 'arn:aws:s3:::b/k',
      layer,
      explicit,
    });
  });

  it('does not mistake words of a resource for a layer', () => {
    expect(
      parseDenial(
        `${user}s3:GetObject on resource: arn:aws:s3:::session-policy`,
      ),
    ).toEqual(
      expect.objectContaining({
        resource: 'arn:aws:s3:::session-policy',
        layer: undefined,
      }),
    );
  });

  it('leaves out parts that the sentence does not name', () => {
    expect(parseDenial('Access Denied')).toEqual({
      principal: undefined,
      action: undefined,
      resource: undefined,
      layer: undefined,
      explicit: false,
    });
  });
});
