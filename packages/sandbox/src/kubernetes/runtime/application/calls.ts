import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Keys } from './obtain';

/** An answer of AWS, as far as a program looks at it. */
export interface CallAnswer {
  ok: boolean;
  /** AWS's code and message where it is not. */
  problem?: { code: string; message: string };
  body: string;
}

interface ApiRequest {
  method: 'GET' | 'POST';
  path: string;
  query?: Record<string, string>;
  form?: Record<string, string>;
}

type Prepare = (resource: string) => ApiRequest;

const queryApi =
  (version: string, action: string): Prepare =>
  () => ({
    method: 'POST',
    path: '/',
    form: { Action: action, Version: version },
  });

/** What a program can call; a resource follows its operation after a slash. */
const CALLS: Record<string, Prepare> = {
  'sts:GetCallerIdentity': queryApi('2011-06-15', 'GetCallerIdentity'),
  'iam:ListRoles': queryApi('2010-05-08', 'ListRoles'),
  'ec2:DescribeSubnets': queryApi('2016-11-15', 'DescribeSubnets'),
  'eks:ListClusters': () => ({ method: 'GET', path: '/clusters' }),
  's3:ListBuckets': () => ({ method: 'GET', path: '/' }),
  's3:ListObjectsV2': bucket => ({
    method: 'GET',
    path: `/${bucket}`,
    query: { 'list-type': '2' },
  }),
};

export const isKnownCall = (call: string) =>
  Object.hasOwn(CALLS, call.split('/')[0]);

export const serviceOf = (call: string) => call.split(':')[0];

interface Sender {
  /** Base URL of the sandbox's AWS side. */
  endpoint: string;
  region: string;
  userAgent: string;
  signal: AbortSignal;
}

const first = (body: string, ...patterns: RegExp[]) =>
  patterns.map(pattern => pattern.exec(body)?.[1]).find(Boolean);

async function send(
  { endpoint, userAgent, signal }: Sender,
  { method, path, query, form }: ApiRequest,
  headers: Record<string, string>,
): Promise<CallAnswer> {
  const search = query ? `?${new URLSearchParams(query)}` : '';
  const response = await fetch(`${endpoint}${path}${search}`, {
    method,
    headers: { ...headers, 'user-agent': userAgent },
    ...(form && { body: String(new URLSearchParams(form)) }),
    signal,
  });
  const body = await response.text();
  return response.ok
    ? { ok: true, body }
    : {
        ok: false,
        body,
        problem: {
          code:
            response.headers.get('x-amzn-errortype') ??
            first(body, /<Code>([^<]*)/) ??
            String(response.status),
          message: first(body, /<Message>([^<]*)/, /"message":"([^"]*)/) ?? '',
        },
      };
}

/** A call that the keys sign. */
export async function callAws(
  call: string,
  keys: Keys,
  sender: Sender,
): Promise<CallAnswer> {
  const [name, resource = ''] = call.split('/');
  const service = serviceOf(call);
  const request = CALLS[name](resource);
  const { hostname, port, host } = new URL(sender.endpoint);
  const signer = new SignatureV4({
    service,
    region: service === 'iam' ? 'us-east-1' : sender.region,
    credentials: keys,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const { headers } = await signer.sign({
    method: request.method,
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: request.path,
    query: request.query,
    headers: {
      host,
      ...(request.form && {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      }),
    },
    ...(request.form && { body: String(new URLSearchParams(request.form)) }),
  });
  const { host: _, ...sent } = headers;
  return send(sender, request, sent);
}

/** STS's exchange of a token, which nothing signs. */
export async function exchangeToken(
  roleArn: string,
  token: string,
  sender: Sender,
  sessionName = `session-${Date.now()}`,
): Promise<CallAnswer & { keys?: Keys }> {
  const answer = await send(
    sender,
    {
      method: 'POST',
      path: '/',
      form: {
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        WebIdentityToken: token,
      },
    },
    { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  );
  const of = (name: string) =>
    first(answer.body, new RegExp(`<${name}>([^<]*)`)) ?? '';
  return answer.ok
    ? {
        ...answer,
        keys: {
          accessKeyId: of('AccessKeyId'),
          secretAccessKey: of('SecretAccessKey'),
          sessionToken: of('SessionToken'),
        },
      }
    : answer;
}
