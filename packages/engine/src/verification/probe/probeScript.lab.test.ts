/** @needs aws */
// @slow
import { spawn } from 'child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'fs';
import { createServer, IncomingMessage, Server, ServerResponse } from 'http';
import { AddressInfo } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { systemClock } from '../../async/clock';
import { awsCli } from '../__testUtils__/awsCli';
import { VerifyWorld } from '../__testUtils__/VerifyWorld';
import { readAgentAnswer } from '../credentials/agentErrors';
import { parseCallerIdentity } from '../credentials/callerIdentity';
import { untrusted } from '../../text/foreign';
import { parseProbeAnswer, ProbeAnswer } from './parse';
import { readPermissionAnswer } from '../permissions/permissionErrors';
import { PROBE_SCRIPT, probeArguments, ScriptCommand } from './script';

/**
 * The real script, run by the machine's real bash and AWS CLI as a user without a name and a home, against
 * substitutes for the agent, STS and S3 on loopback.
 */
const UID = 65532;
const ARN =
  'arn:aws:sts::111122223333:assumed-role/payments-api/eks-prod-api-1';
const ASSOCIATION_UNKNOWN =
  '[a1]: (ResourceNotFoundException): The token included in the request has no service account role association for it., fault: client';
const ROLE_REFUSED =
  '[a1]: (AccessDeniedException): Unauthorized Exception! EKS does not have permissions to assume the associated role., fault: client';

/** What comes within the grace comes within what a slow machine takes for two commands. */
const GRACE_SECONDS = PATIENCE_MS / 1000;

interface RunOptions {
  graceSeconds?: number;
  commands?: ScriptCommand[];
  checkImds?: boolean;
}

/** The clock of the script: no more than its pauses, so that it tries as often on a slow machine. */
const PAUSES_ALONE =
  'unset SECONDS; SECONDS=0; sleep() { SECONDS=$((SECONDS + 4)); }';

/** Runs the script in `dir` as the unnamed user, with only a pod’s environment. */
async function runScript(
  dir: string,
  out: string,
  options: RunOptions,
  env: Record<string, string>,
): Promise<{ code: number | null; printed: string }> {
  // A PATH with the chosen aws first.
  const bin = join(dir, 'bin');
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, 'aws'), { force: true });
  symlinkSync(awsCli(), join(bin, 'aws'));
  const child = spawn(
    '/bin/bash',
    [
      '-c',
      `${PAUSES_ALONE}\n${PROBE_SCRIPT}`,
      ...probeArguments({
        out,
        graceSeconds: options.graceSeconds ?? 0,
        checkImds: options.checkImds ?? false,
        commands: options.commands ?? [],
      }),
    ],
    {
      ...(process.getuid?.() === 0 ? { uid: UID, gid: UID } : {}),
      cwd: dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${bin}:/usr/bin:/bin`,
        HOME: '/nonexistent',
        AWS_PAGER: '',
        AWS_MAX_ATTEMPTS: '3',
        AWS_REGION: 'eu-west-1',
        ...env,
      },
    },
  );
  const chunks: string[] = [];
  child.stdout!.on('data', chunk => chunks.push(String(chunk)));
  child.stderr!.on('data', chunk => chunks.push(String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, printed: chunks.join('') };
}

type Handler = (req: IncomingMessage, res: ServerResponse, nth: number) => void;

const credentials: Handler = (_req, res) => {
  res.setHeader('content-type', 'application/json');
  res.end(
    JSON.stringify({
      AccessKeyId: 'ASIAEXAMPLEEXAMPLE12',
      SecretAccessKey: 'secretsecretsecretsecretsecretsecretsecr',
      Token: 'token',
      AccountId: '111122223333',
      Expiration: new Date(systemClock.now() + 3_600_000).toISOString(),
    }),
  );
};
const refuse =
  (status: number, body: string): Handler =>
  (_req, res) => {
    res.statusCode = status;
    res.end(body);
  };
const sts: Handler = (_req, res) => {
  res.setHeader('content-type', 'text/xml');
  res.end(
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${ARN}</Arn><UserId>AROAEXAMPLE:eks-prod-api-1</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  );
};
const buckets: Handler = (_req, res) => {
  res.setHeader('content-type', 'application/xml');
  res.end(
    '<ListAllMyBucketsResult><Buckets><Bucket><Name>secret-name</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>',
  );
};
const denied: Handler = (_req, res) => {
  res.statusCode = 403;
  res.setHeader('content-type', 'application/xml');
  res.end(
    `<Error><Code>AccessDenied</Code><Message>User: ${ARN} is not authorized to perform: s3:ListAllMyBuckets on resource: "arn:aws:s3:::${'x'.repeat(
      500,
    )}" because no permissions boundary allows the s3:ListAllMyBuckets action</Message></Error>`,
  );
};

describe('the probe script under real bash and aws', () => {
  let server: Server;
  let port: number;
  let dir: string;
  let agent: Handler;
  let other: { sts: Handler; s3: Handler };
  let asked: { path: string; authorization?: string }[];

  beforeEach(async () => {
    asked = [];
    agent = credentials;
    other = { sts, s3: buckets };
    let agentCalls = 0;
    server = createServer((req, res) => {
      asked.push({
        path: req.url ?? '',
        authorization: req.headers.authorization,
      });
      if (req.url === '/v1/credentials') {
        agentCalls += 1;
        agent(req, res, agentCalls);
      } else if (req.method === 'POST') {
        other.sts(req, res, 0);
      } else {
        other.s3(req, res, 0);
      }
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    port = (server.address() as AddressInfo).port;
    dir = mkdtempSync(join(tmpdir(), 'probe-'));
    chmodSync(dir, 0o777);
    writeFileSync(join(dir, 'token'), 'eyJhbGciOi.projected.token');
    writeFileSync(join(dir, 'out'), '');
    chmodSync(join(dir, 'out'), 0o666);
  });

  afterEach(async () => {
    rmSync(dir, { recursive: true, force: true });
    server.closeAllConnections();
    await new Promise(resolve => {
      server.close(resolve);
    });
  });

  async function probe(
    options: RunOptions & { env?: Record<string, string> } = {},
  ): Promise<ProbeAnswer & { message: string; printed: string }> {
    const out = join(dir, 'out');
    const { code, printed } = await runScript(dir, out, options, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(dir, 'token'),
      ...options.env,
    });
    expect(code).toBe(0);
    const message = readFileSync(out, 'utf8');
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096);
    return { ...parseProbeAnswer(untrusted(message)), message, printed };
  }

  it('200: reports its identity and permissions, and prints nothing', async () => {
    const answer = await probe({
      commands: [
        { name: 's3', command: ['s3', 'ls'] },
        { name: 'identity', command: ['s3api', 'list-buckets'] },
      ],
    });
    expect(parseCallerIdentity(answer.identity!.text)).toMatchObject({
      arn: ARN,
      uniqueId: 'AROAEXAMPLE',
    });
    expect(answer.tries).toBe(1);
    expect(answer.permissions).toEqual({
      s3: { exitCode: 0, text: '' },
      identity: { exitCode: 0, text: '' },
    });
    expect(asked[0]).toEqual({
      path: '/v1/credentials',
      authorization: 'eyJhbGciOi.projected.token',
    });
    expect(answer.printed).toBe('');
    expect(answer.message).not.toContain('secret');
  });

  it('@night four denials of the longest kind fit, with their layer', async () => {
    other.s3 = denied;
    const commands = ['a', 'b', 'c', 'd'].map(letter => ({
      name: letter.repeat(32),
      command: ['s3', 'ls'],
    }));
    const answer = await probe({ commands });
    expect(Object.keys(answer.permissions)).toEqual(
      commands.map(({ name }) => name),
    );
    for (const line of Object.values(answer.permissions)) {
      expect(readPermissionAnswer(line)).toMatchObject({
        kind: 'denied',
        layer: 'permissions boundary',
      });
    }
  });

  it('400: asks once without a grace period, then skips the commands', async () => {
    agent = refuse(400, ROLE_REFUSED);
    const answer = await probe({
      commands: [{ name: 's3', command: ['s3', 'ls'] }],
    });
    expect(readAgentAnswer(answer.identity!)).toMatchObject({
      kind: 'role-refused',
      status: 400,
      text: ROLE_REFUSED,
    });
    expect(answer.tries).toBe(1);
    expect(answer.permissions).toEqual({});
  });

  it('404, then 200 within the grace after a change: gets the role', async () => {
    agent = (req, res, nth) =>
      nth < 4
        ? refuse(404, ASSOCIATION_UNKNOWN)(req, res, nth)
        : credentials(req, res, nth);
    const answer = await probe({ graceSeconds: GRACE_SECONDS });
    expect(answer.identity?.exitCode).toBe(0);
    expect(answer.tries).toBe(2);
  });

  it('begins the first command while the call for the identity runs', async () => {
    let begun = () => {};
    const s3Begun = new Promise<void>(resolve => {
      begun = resolve;
    });
    other = {
      sts: (req, res, nth) => void s3Begun.then(() => sts(req, res, nth)),
      s3: (req, res, nth) => {
        begun();
        buckets(req, res, nth);
      },
    };
    const answer = await probe({
      commands: [{ name: 's3', command: ['s3', 'ls'] }],
    });
    expect(answer.identity?.exitCode).toBe(0);
    expect(answer.permissions.s3.exitCode).toBe(0);
  });

  it('asks a command again that was too early for the identity', async () => {
    // The agent is asked three times by each of the two
    agent = (req, res, nth) =>
      nth <= 6
        ? refuse(400, ROLE_REFUSED)(req, res, nth)
        : credentials(req, res, nth);
    const answer = await probe({
      graceSeconds: GRACE_SECONDS,
      commands: [
        { name: 's3', command: ['s3', 'ls'] },
        { name: 'other', command: ['s3api', 'list-buckets'] },
      ],
    });
    expect(answer.identity?.exitCode).toBe(0);
    expect(answer.permissions).toEqual({
      s3: { exitCode: 0, text: '' },
      other: { exitCode: 0, text: '' },
    });
  });

  it('@night 404 for good: gives up after the grace period', async () => {
    agent = refuse(404, ASSOCIATION_UNKNOWN);
    // wall time: none, for its pauses alone count
    const answer = await probe({ graceSeconds: 1 });
    expect(answer.tries).toBe(2);
    expect(readAgentAnswer(answer.identity!)).toMatchObject({
      kind: 'no-association',
      status: 404,
    });
  });

  it('@night 500: tries for ten seconds also without a change', async () => {
    agent = refuse(500, '[]');
    const answer = await probe();
    expect(readAgentAnswer(answer.identity!)).toMatchObject({
      kind: 'eks-auth-unreachable',
    });
    expect(answer.tries).toBe(4);
  });

  it('@night 429, then 200: a busy agent does not decide the result', async () => {
    agent = (req, res, nth) =>
      nth < 4
        ? refuse(429, 'Too Many Requests')(req, res, nth)
        : credentials(req, res, nth);
    const answer = await probe();
    expect(answer.identity?.exitCode).toBe(0);
  });

  it('@night hanging: ends by the CLI’s own timeouts', async () => {
    agent = () => {};
    const answer = await probe();
    expect(readAgentAnswer(answer.identity!).kind).toBe('read-timeout');
  });

  it('refused: names it', async () => {
    const answer = await probe({
      env: {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/v1/credentials',
      },
    });
    expect(readAgentAnswer(answer.identity!).kind).toBe('refused');
  });

  it.each([
    ['missing', 'nowhere'],
    ['not readable', 'locked'],
    ['one that ends in a newline', 'newline'],
  ])('a token that is %s: blames the probe', async (_what, file) => {
    writeFileSync(join(dir, 'newline'), 'token\n');
    writeFileSync(join(dir, 'locked'), 'token');
    chmodSync(join(dir, 'locked'), 0o000);
    const answer = await probe({
      env: { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(dir, file) },
    });
    expect(readAgentAnswer(answer.identity!).kind).toBe('token-unreadable');
  });

  it('@night STS unreachable: the agent did answer', async () => {
    const answer = await probe({
      env: { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1' },
    });
    expect(answer.identity?.exitCode).not.toBe(0);
    expect(readAgentAnswer(answer.identity!).kind).toBe('answered');
  });

  it('looks for the node’s role only with Pod Identity out of the way', async () => {
    const answer = await probe({
      checkImds: true,
      env: { AWS_EC2_METADATA_DISABLED: 'true' },
    });
    expect(answer.identity?.exitCode).toBe(0);
    expect(answer.imds).toMatchObject({
      exitCode: 253,
      text: expect.stringContaining('Unable to locate credentials'),
    });
  });

  it('words of a check stay single words, with any content', async () => {
    const mark = join(dir, 'mark');
    const answer = await probe({
      commands: [
        {
          name: 's3',
          command: ['s3', 'ls', `s3://x; touch ${mark}; $(touch ${mark})`],
        },
      ],
    });
    expect(answer.permissions.s3.exitCode).not.toBe(0);
    expect(() => readFileSync(mark)).toThrow('ENOENT');
  });
});

/** The same script against the sandbox's own agent, which accepts tokens of its cluster as on EKS. */
describe('the probe script against the agent of the sandbox', () => {
  let world: VerifyWorld;
  let dir: string;
  const kube = () => world.kube();

  beforeAll(async () => {
    world = await VerifyWorld.start();
    dir = mkdtempSync(join(tmpdir(), 'probe-sandbox-'));
    chmodSync(dir, 0o777);
  });
  afterEach(async () => {
    await kube().setLoopbackAgent('normal');
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true, force: true });
    await world.stop();
  });

  async function probe(
    serviceAccount: string,
    commands: ScriptCommand[] = [],
  ): Promise<ProbeAnswer> {
    const token = join(dir, 'token');
    const out = join(dir, 'out');
    writeFileSync(
      token,
      await kube().serviceAccountToken({
        namespace: 'payments',
        serviceAccount,
        pod: 'probe',
      }),
    );
    writeFileSync(out, '');
    chmodSync(out, 0o666);
    await runScript(
      dir,
      out,
      { commands },
      {
        AWS_ENDPOINT_URL: world.sandbox.awsEndpoint,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: kube().agentLoopbackUrl(),
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
      },
    );
    return parseProbeAnswer(untrusted(readFileSync(out, 'utf8')));
  }

  it('obtains the role of the association, and is judged by its policies', async () => {
    const answer = await probe('payments-ledger', [
      { name: 's3', command: ['s3', 'ls'] },
    ]);
    expect(parseCallerIdentity(answer.identity!.text)).toMatchObject({
      roleName: 'payments-ledger',
      accountId: '111122223333',
    });
    expect(readPermissionAnswer(answer.permissions.s3)).toMatchObject({
      kind: 'denied',
      layer: 'identity policy',
      action: 's3:ListAllMyBuckets',
    });
  });

  it('reads 404 and 400 as the agent words them', async () => {
    expect(
      readAgentAnswer((await probe('payments-api')).identity!),
    ).toMatchObject({ kind: 'no-association', status: 404 });
    world.sandbox.aws.iam.updateRole(
      'arn:aws:iam::111122223333:role/payments-ledger',
      {
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'pods.eks.amazonaws.com' },
              Action: ['sts:AssumeRole'],
            },
          ],
        },
      },
    );
    expect(
      readAgentAnswer((await probe('payments-ledger')).identity!),
    ).toMatchObject({ kind: 'role-refused', status: 400 });
    await world.reset();
  });

  it('@night finds the port closed when the agent is', async () => {
    const url = kube().agentLoopbackUrl();
    await kube().setLoopbackAgent('refuse');
    expect(kube().agentLoopbackUrl()).toBe(url);
    expect(
      readAgentAnswer((await probe('payments-ledger')).identity!).kind,
    ).toBe('refused');
  });
});
