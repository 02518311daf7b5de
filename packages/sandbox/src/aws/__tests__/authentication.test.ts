import {
  DescribeClusterCommand,
  ListClustersCommand,
  ListInsightsCommand,
} from '@aws-sdk/client-eks';
import {
  ListRolesCommand,
  ListSAMLProvidersCommand,
} from '@aws-sdk/client-iam';
import {
  PutBucketAclCommand,
  GetBucketAclCommand,
  ListBucketsCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sandbox, startSandbox } from '../../sandbox';
import { Clients, Keys, errorOf, sdk } from '../../__testUtils__/clients';

let sandbox: Sandbox;
const opened: Clients[] = [];

function as(keys: Keys, settings?: Parameters<typeof sdk>[2]) {
  const clients = sdk(sandbox, keys, settings);
  opened.push(clients);
  return clients;
}

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: ['payments-prod'], clockRate: 0 });
});
afterAll(async () => {
  opened.forEach(clients => clients.destroy());
  await sandbox.stop();
});

/** Sends a request with a missing or faulty signature and returns the raw answer. */
async function raw(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(`${sandbox.awsEndpoint}${path}`, init);
  return {
    status: response.status,
    type: response.headers.get('x-amzn-errortype'),
    body: await response.text(),
  };
}

async function errorsOf(keys: Keys, settings?: Parameters<typeof sdk>[2]) {
  const { eks, iam, sts, s3 } = as(keys, settings);
  const shown = async (call: Promise<unknown>) => {
    const error = await errorOf(call);
    return [error.name, error.$metadata.httpStatusCode, error.message];
  };
  return {
    eks: await shown(eks.send(new ListClustersCommand({}))),
    iam: await shown(iam.send(new ListRolesCommand({}))),
    sts: await shown(sts.send(new GetCallerIdentityCommand({}))),
    s3: await shown(s3.send(new ListBucketsCommand({}))),
  };
}

describe('a caller with a valid key', () => {
  it("is identified as the key's owner", async () => {
    const { admin } = sandbox.credentials;
    const { sts, eks, iam, s3 } = as(admin);
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '111122223333',
      Arn: admin.arn,
      UserId: expect.stringMatching(/^AIDA/),
    });
    const { clusters } = await eks.send(new ListClustersCommand({}));
    expect(clusters).toEqual(['payments-prod']);
    const { Roles } = await iam.send(new ListRolesCommand({}));
    expect(Roles?.map(role => role.RoleName)).toContain('backstage-eks-read');
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(bucket => bucket.Name)).toContain(
      'acme-payments-receipts',
    );
  });

  it('sees only the clusters of the region it signed for', async () => {
    const { eks } = as(sandbox.credentials.admin, { region: 'us-east-1' });
    expect((await eks.send(new ListClustersCommand({}))).clusters).toEqual([]);
    const error = await errorOf(
      eks.send(new DescribeClusterCommand({ name: 'payments-prod' })),
    );
    expect(error.name).toBe('ResourceNotFoundException');
    expect(error.message).toBe('No cluster found for name: payments-prod.');
  });

  it('may use a name that needs encoding in the path', async () => {
    const { eks } = as(sandbox.credentials.admin);
    const error = await errorOf(
      eks.send(new DescribeClusterCommand({ name: 'a b/c+d%e' })),
    );
    expect(error.message).toBe('No cluster found for name: a b/c+d%e.');
  });
});

describe('a caller who is refused', () => {
  it('for a wrong secret', async () => {
    const { accessKeyId } = sandbox.credentials.admin;
    expect(
      await errorsOf({ accessKeyId, secretAccessKey: 'not-the-secret' }),
    ).toEqual({
      eks: [
        'InvalidSignatureException',
        403,
        expect.stringMatching(
          /^The request signature we calculated does not match/,
        ),
      ],
      iam: [
        'SignatureDoesNotMatch',
        403,
        expect.stringMatching(
          /^The request signature we calculated does not match/,
        ),
      ],
      sts: [
        'SignatureDoesNotMatch',
        403,
        expect.stringMatching(
          /^The request signature we calculated does not match/,
        ),
      ],
      s3: [
        'SignatureDoesNotMatch',
        403,
        expect.stringMatching(/Check your key and signing method\.$/),
      ],
    });
  });

  it('for an unknown key', async () => {
    expect(
      await errorsOf({
        accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
        secretAccessKey: 'x',
      }),
    ).toEqual({
      eks: [
        'UnrecognizedClientException',
        403,
        'The security token included in the request is invalid.',
      ],
      iam: [
        'InvalidClientTokenId',
        403,
        'The security token included in the request is invalid.',
      ],
      sts: [
        'InvalidClientTokenId',
        403,
        'The security token included in the request is invalid.',
      ],
      s3: [
        'InvalidAccessKeyId',
        403,
        'The AWS Access Key Id you provided does not exist in our records.',
      ],
    });
  });

  it('for an expired token', async () => {
    const session = sandbox.aws.iam.sessionOf({
      roleArn: sandbox.credentials.roles.read,
    });
    const { sts } = as(session);
    expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(
      'arn:aws:sts::111122223333:assumed-role/backstage-eks-read/sandbox',
    );
    sandbox.aws.iam.expireSession(session.accessKeyId);
    expect(await errorsOf(session)).toEqual({
      eks: [
        'ExpiredTokenException',
        403,
        'The security token included in the request is expired',
      ],
      iam: [
        'ExpiredToken',
        403,
        'The security token included in the request is expired',
      ],
      sts: [
        'ExpiredToken',
        403,
        'The security token included in the request is expired',
      ],
      s3: ['ExpiredToken', 400, 'The provided token has expired.'],
    });
  });

  it("for a missing token or another session's", async () => {
    const make = () =>
      sandbox.aws.iam.sessionOf({ roleArn: sandbox.credentials.roles.read });
    const [one, two] = [make(), make()];
    for (const sessionToken of [two.sessionToken, undefined]) {
      const errors = await errorsOf({ ...one, sessionToken });
      expect(errors.eks[0]).toBe('UnrecognizedClientException');
      expect(errors.sts[0]).toBe('InvalidClientTokenId');
      expect(errors.s3[0]).toBe('InvalidToken');
    }
  });

  it.each([-600_000, 600_000])(
    'for a clock that is wrong by %p ms',
    async systemClockOffset => {
      const errors = await errorsOf(sandbox.credentials.admin, {
        systemClockOffset,
      });
      const sentence =
        systemClockOffset < 0
          ? /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/
          : /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$/;
      expect(errors.eks).toEqual([
        'InvalidSignatureException',
        403,
        expect.stringMatching(sentence),
      ]);
      expect(errors.iam).toEqual([
        'SignatureDoesNotMatch',
        403,
        expect.stringMatching(sentence),
      ]);
      expect(errors.s3[0]).toBe('RequestTimeTooSkewed');
    },
  );

  it('for no signature at all', async () => {
    expect(await raw('/clusters')).toEqual({
      status: 403,
      type: 'MissingAuthenticationTokenException',
      body: JSON.stringify({ message: 'Missing Authentication Token' }),
    });
    const iam = await raw('/', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=ListRoles&Version=2010-05-08',
    });
    expect(iam.status).toBe(403);
    expect(iam.body).toContain('<Code>MissingAuthenticationToken</Code>');
    const s3 = await raw('/acme-payments-receipts');
    expect(s3.status).toBe(403);
    expect(s3.body).toContain('<Code>AccessDenied</Code>');
  });

  it('for an incomplete signature', async () => {
    const headers = {
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIA/20261124/eu-west-1/eks/aws4_request',
    };
    const answer = await raw('/clusters', { headers });
    expect(answer.status).toBe(403);
    expect(answer.type).toBe('IncompleteSignatureException');
    expect(answer.body).toContain("requires 'SignedHeaders' parameter");
  });
});

describe('a malformed request', () => {
  it.each([
    ['/clusters/%zz', 403],
    ['/%E0%A4%A', 403],
    ['/?X-Amz-Algorithm=x', 400],
    ['/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Algorithm=y', 403],
    ['/tags/arn%3Aaws', 403],
  ])('%s is refused cleanly', async (path, status) => {
    expect((await raw(path)).status).toBe(status);
  });
});

describe('what was signed', () => {
  const signer = (service: string) =>
    new SignatureV4({
      service,
      region: sandbox.region,
      credentials: sandbox.credentials.admin,
      sha256: Sha256,
    });
  const target = () => {
    const { host, hostname, port } = new URL(sandbox.awsEndpoint);
    return { host, hostname, port: Number(port) };
  };

  async function signedRoleList(body: string) {
    const { host, hostname, port } = target();
    return signer('iam').sign({
      method: 'POST',
      protocol: 'http:',
      hostname,
      port,
      path: '/',
      query: {},
      headers: {
        host,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body,
    });
  }

  it('cannot be changed in transit', async () => {
    const body = 'Action=ListRoles&Version=2010-05-08';
    const { headers } = await signedRoleList(body);
    const send = (text: string, extra = {}) =>
      raw('/', {
        method: 'POST',
        headers: { ...headers, ...extra },
        body: text,
      });
    expect((await send(body)).status).toBe(200);
    const changedBody = await send('Action=ListUsers&Version=2010-05-08');
    expect(changedBody.status).toBe(403);
    expect(changedBody.body).toContain('SignatureDoesNotMatch');
    const changedHeader = await send(body, { 'content-type': 'text/plain' });
    expect(changedHeader.body).toContain('SignatureDoesNotMatch');
  });

  async function presigned(expiresIn: number, signingDate = new Date()) {
    const { host, hostname, port } = target();
    const request = await signer('sts').presign(
      {
        method: 'GET',
        protocol: 'http:',
        hostname,
        port,
        path: '/',
        query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
        headers: { host },
      },
      { expiresIn, signingDate },
    );
    const query = new URLSearchParams(request.query as Record<string, string>);
    return `/?${query.toString().replace(/\+/g, '%20')}`;
  }

  it('may be a URL, until it expires', async () => {
    const good = await raw(await presigned(60));
    expect(good.status).toBe(200);
    expect(good.body).toContain(':user/platform-admin</Arn>');
    const old = await raw(await presigned(60, new Date(Date.now() - 120_000)));
    expect(old.status).toBe(400);
    expect(old.body).toContain('<Code>RequestExpired</Code>');
    const longLived = await raw(
      await presigned(3600, new Date(Date.now() - 1_800_000)),
    );
    expect(longLived.status).toBe(200);
  });

  it('cannot be used for another URL', async () => {
    const url = (await presigned(60)).replace(
      /X-Amz-Expires=60/,
      'X-Amz-Expires=900',
    );
    expect((await raw(url)).body).toContain('SignatureDoesNotMatch');
  });
});

describe('an operation that does not exist', () => {
  it("is refused with its service's own error", async () => {
    const { eks, iam, s3 } = as(sandbox.credentials.admin);
    const names = [
      await errorOf(
        eks.send(new ListInsightsCommand({ clusterName: 'payments-prod' })),
      ),
      await errorOf(iam.send(new ListSAMLProvidersCommand({}))),
      await errorOf(s3.send(new GetBucketAclCommand({ Bucket: 'x' }))),
      await errorOf(s3.send(new PutBucketAclCommand({ Bucket: 'x' }))),
    ].map(error => [error.name, error.$metadata.httpStatusCode]);
    expect(names).toEqual([
      ['UnknownOperationException', 404],
      ['InvalidAction', 400],
      ['MethodNotAllowed', 405],
      ['MethodNotAllowed', 405],
    ]);
  });
});
