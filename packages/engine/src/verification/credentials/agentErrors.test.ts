import { readAgentAnswer } from './agentErrors';

const cli = (body: string) =>
  `\nError when retrieving credentials from container-role: Error retrieving metadata: ${body}\n`;
const answered = (status: number, body: string) =>
  cli(`Received non 200 response ${status} from container metadata: ${body}`);
const AGENT = 'http://169.254.170.23/v1/credentials';

/** Texts from the agent's source, and as the real CLI 2.23 printed them. */
describe('readAgentAnswer', () => {
  it.each<[string, string, number, string]>([
    [
      'no-association',
      answered(
        404,
        '[a1]: (ResourceNotFoundException): The token included in the request has no service account role association for it., fault: client',
      ),
      255,
      '[a1]: (ResourceNotFoundException)',
    ],
    [
      'role-refused',
      answered(
        400,
        '[a1]: (AccessDeniedException): Unauthorized Exception! EKS does not have permissions to assume the associated role., fault: client',
      ),
      255,
      'Unauthorized Exception!',
    ],
    [
      'role-refused',
      answered(
        500,
        'unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: 400, RequestID: x, AccessDeniedException: Unauthorized Exception! EKS does not have permissions to assume the associated role.',
      ),
      255,
      'unable to fetch credentials',
    ],
    [
      'node-role-denied',
      answered(
        400,
        '[a1]: (AccessDeniedException): User: arn:aws:sts::111122223333:assumed-role/node/i-0abc is not authorized to perform: eks-auth:AssumeRoleForPodIdentity on resource: arn:aws:eks:eu-west-1:111122223333:cluster/c, fault: client',
      ),
      255,
      'User: arn',
    ],
    [
      'token-empty',
      answered(400, 'Service account token cannot be empty'),
      255,
      'Service account token cannot be empty',
    ],
    [
      'token-refused',
      answered(
        400,
        'Service account token cannot be parsed: illegal base64 data',
      ),
      255,
      'Service account token cannot be parsed',
    ],
    [
      'token-expired',
      answered(
        400,
        'Service account token failed basic claim validations: token is expired',
      ),
      255,
      'Service account token failed',
    ],
    [
      'wrong-address',
      answered(
        403,
        'Access Denied. Called agent through invalid address, please use either [169.254.170.23 fd00:ec2::23] address not localhost',
      ),
      255,
      'Access Denied. Called agent',
    ],
    ['throttled', answered(429, 'Too Many Requests'), 255, 'Too Many Requests'],
    [
      'eks-auth-failed',
      answered(
        503,
        '[a1]: (ServiceUnavailableException): Service is unavailable, fault: server',
      ),
      255,
      '[a1]: (ServiceUnavailableException)',
    ],
    [
      'eks-auth-failed',
      answered(
        500,
        '[a1]: (InternalServerException): Internal server error, fault: server',
      ),
      255,
      '[a1]: (InternalServerException)',
    ],
    [
      'throttled',
      answered(
        429,
        '[a1]: (ThrottlingException): Rate exceeded, fault: client',
      ),
      255,
      '[a1]: (ThrottlingException)',
    ],
    ['eks-auth-unreachable', answered(500, '[]'), 255, '[]'],
    [
      'agent-without-credentials',
      answered(
        500,
        'error getting credentials to cache: unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled',
      ),
      255,
      'error getting credentials',
    ],
    ['eks-auth-unreachable', answered(500, ''), 255, 'status 500 without'],
    [
      'eks-auth-unreachable',
      answered(
        500,
        'error getting credentials to cache: unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: 0, RequestID: , canceled, context canceled',
      ),
      255,
      'error getting credentials',
    ],
    [
      'session-too-big',
      answered(
        400,
        '[a1]: (InvalidRequestException): Packed size of session tags consumes 112% of allotted space., fault: client',
      ),
      255,
      '[a1]: (InvalidRequestException)',
    ],
    ['unrecognised', answered(418, 'an unknown text'), 255, 'an unknown text'],
    [
      'connect-timeout',
      cli(
        `Received error when attempting to retrieve container metadata: Connect timeout on endpoint URL: "${AGENT}"`,
      ),
      255,
      'Received error',
    ],
    [
      'read-timeout',
      cli(
        `Received error when attempting to retrieve container metadata: Read timeout on endpoint URL: "${AGENT}"`,
      ),
      255,
      'Received error',
    ],
    [
      'refused',
      cli(
        `Received error when attempting to retrieve container metadata: Could not connect to the endpoint URL: "${AGENT}"`,
      ),
      255,
      'Received error',
    ],
    [
      'no-credentials',
      '\nUnable to locate credentials. You can configure credentials by running "aws configure".\n',
      253,
      'Unable to locate',
    ],
    [
      'token-unreadable',
      "\n[Errno 13] Permission denied: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token'\n",
      255,
      '[Errno 13]',
    ],
    [
      'token-unreadable',
      '\nAuth token value is not a legal header value\n',
      255,
      'Auth token value',
    ],
    [
      'wrong-address',
      "\nUnsupported host '10.0.0.1'.  Can only retrieve metadata from a loopback address\n",
      255,
      'Unsupported host',
    ],
    ['no-cli', 'probe: line 14: aws: command not found', 127, 'probe: line'],
    [
      'other-provider',
      '\nAn error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: No OpenIDConnect provider found\n',
      254,
      'An error occurred',
    ],
    [
      'other-provider',
      '\nThe config profile (billing) could not be found\n',
      255,
      'The config profile',
    ],
  ])('reads %s', (kind, text, exitCode, says) => {
    const reading = readAgentAnswer({ exitCode, text });
    expect(reading.kind).toBe(kind);
    expect('text' in reading && reading.text).toContain(says);
    expect('text' in reading && reading.text).not.toMatch(/Error when/);
  });

  it('names the node role that was refused', () => {
    expect(
      readAgentAnswer({
        exitCode: 255,
        text: answered(
          400,
          '[a]: (AccessDeniedException): User: arn:aws:sts::1:assumed-role/node/i-0 is not authorized to perform: eks-auth:AssumeRoleForPodIdentity, fault: client',
        ),
      }),
    ).toMatchObject({
      kind: 'node-role-denied',
      status: 400,
      principal: 'arn:aws:sts::1:assumed-role/node/i-0',
    });
  });

  it.each([
    [0, '{"Arn":"x"}'],
    [
      255,
      'Connect timeout on endpoint URL: "https://sts.eu-west-1.amazonaws.com/"',
    ],
    [
      255,
      'Could not connect to the endpoint URL: "https://sts.eu-west-1.amazonaws.com/"',
    ],
    [
      254,
      'An error occurred (AccessDenied) when calling the GetCallerIdentity operation: User: arn:aws:sts::1:assumed-role/r/eks-x is not authorized to perform: sts:GetCallerIdentity with an explicit deny in a VPC endpoint policy',
    ],
    [255, 'SSL validation failed for https://sts.eu-west-1.amazonaws.com/'],
  ])(
    'takes trouble with STS as an answer of the agent: %s %s',
    (exitCode, text) => {
      expect(readAgentAnswer({ exitCode, text })).toEqual({ kind: 'answered' });
    },
  );
});
