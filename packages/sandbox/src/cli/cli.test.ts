import { ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { UsageError, parseDuration, readArguments } from './arguments';

const root = resolve(__dirname, '../../../..');
const program = [
  '--require',
  join(root, 'node_modules/@backstage/cli/config/nodeTransform.cjs'),
  join(root, 'packages/sandbox/src/cli.ts'),
];

describe('the command line', () => {
  it('has sensible defaults', () => {
    expect(readArguments([])).toMatchObject({
      help: false,
      port: 4510,
      directory: '.sandbox',
      rate: 1,
      seed: 1,
      clusters: undefined,
    });
  });

  it('takes every option', () => {
    expect(
      readArguments([
        '--port=0',
        '--state-dir',
        'x',
        '--rate',
        '0',
        '--seed',
        '9',
        '--no-delays',
        '--delay',
        'association=10s',
        '--delay',
        'iam=250ms',
        '--cluster',
        'payments-prod',
        '--region',
        'cn-north-1',
        '--scenario',
        'role-deleted',
        '--scenario',
        'trust-denies=payments-prod/payments/invoice-archiver',
      ]),
    ).toMatchObject({
      scenarios: [
        { name: 'role-deleted' },
        {
          name: 'trust-denies',
          identity: 'payments-prod/payments/invoice-archiver',
        },
      ],
      port: 0,
      directory: 'x',
      rate: 0,
      seed: 9,
      delays: { association: 10_000, iam: 250, addon: 0 },
      clusters: ['payments-prod'],
      region: 'cn-north-1',
    });
  });

  it('takes a fleet instead of the clusters of the demo, or beside some', () => {
    expect(readArguments(['--fleet', '3x300'])).toMatchObject({
      clusters: [],
      fleet: { clusters: 3, accounts: 300, pods: 2 },
    });
    const beside = ['--fleet=1x5000x8', '--cluster=payments-prod'];
    expect(readArguments(beside)).toMatchObject({
      clusters: ['payments-prod'],
      fleet: { clusters: 1, accounts: 5000, pods: 8 },
    });
  });

  it.each([
    [['--fleet', '3'], /--fleet must be such as 3x300 or 1x5000x8/],
    [['--fleet', '0x300'], /not "0x300"/],
    [['--port', '70000'], /--port must be a whole number from 0 to 65535/],
    [['--port', 'x'], /not "x"/],
    [['--rate=-1'], /--rate must be a number/],
    [
      ['--delay', 'gravity=1s'],
      /--delay has no "gravity"\. Its names are iam,/,
    ],
    [['--delay', 'iam=10'], /needs a time with its unit/],
    [['--region', 'China'], /--region must be a region such as/],
    [['--scenario', 'x'], /no scenario "x"[\s\S]*--scenarios to list them/],
    [['--nonsense'], /--nonsense'?[\s\S]*yarn sandbox --help/],
  ])('says what is wrong with %p', (argv, message) => {
    expect(() => readArguments(argv)).toThrow(UsageError);
    expect(() => readArguments(argv)).toThrow(message);
  });

  it('reads times', () => {
    expect(
      ['0', '500ms', '1.5s', '2m', '1h', '7', 's', '-1s'].map(parseDuration),
    ).toEqual([
      0,
      500,
      1_500,
      120_000,
      3_600_000,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the program', () => {
  let directory: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sandbox-program-'));
  });
  afterEach(async () => {
    await Promise.all(
      children.splice(0).map(
        child =>
          new Promise(done => {
            if (child.exitCode !== null || child.signalCode !== null) {
              done(undefined);
              return;
            }
            child.once('exit', done);
            child.kill('SIGKILL');
          }),
      ),
    );
    rmSync(directory, { recursive: true, force: true });
  });

  /** Starts the program and waits for its output or its end. */
  function start(args: string[]) {
    const child = spawn(process.execPath, [...program, ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: directory },
    });
    children.push(child);
    let output = '';
    const ready = new Promise<string>((done, failed) => {
      const collect = (chunk: Buffer) => {
        output += chunk;
        if (output.includes('Ctrl-C stops it')) {
          done(output);
        }
      };
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      child.once('exit', () => failed(new Error(output)));
    });
    ready.catch(() => {});
    const ended = new Promise<number | null>(done =>
      child.once('exit', code => done(code)),
    );
    return { child, ready, ended, output: () => output };
  }

  it('prints its options', async () => {
    const { ended, output } = start(['--help']);
    expect(await ended).toBe(0);
    expect(output()).toContain('Usage: yarn sandbox [options]');
    expect(output()).toMatch(/association +6s/);
  });

  it('starts, writes settings that only the owner can read, and stops cleanly', async () => {
    const sandbox = start(['--port', '0', '--state-dir', directory]);
    const words = await sandbox.ready;
    expect(words).toContain('payments-prod');
    const env = join(directory, 'env');
    for (const name of ['env', 'portal.env', 'kubeconfig']) {
      // eslint-disable-next-line no-bitwise
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    }
    const kubeconfig = parse(
      readFileSync(join(directory, 'kubeconfig'), 'utf8'),
    );
    expect(kubeconfig['current-context']).toBe(
      'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
    );
    expect(kubeconfig.users[0].user.exec.args).toContain('get-token');
    sandbox.child.kill('SIGTERM');
    expect(await sandbox.ended).toBe(0);
    expect(existsSync(env)).toBe(false);
  });

  it('says that a port is taken, and how to go on', async () => {
    const other = createServer();
    const port = await new Promise<number>(done =>
      other.listen(0, '127.0.0.1', () =>
        done((other.address() as { port: number }).port),
      ),
    );
    const sandbox = start(['--port', `${port}`, '--state-dir', directory]);
    expect(await sandbox.ended).toBe(1);
    expect(sandbox.output().trim()).toBe(
      `Port ${port} is taken by another program. Stop that one, or choose another port: yarn sandbox --port ${
        port + 1
      } (0 takes any free port).`,
    );
    await new Promise(done => other.close(done));
  });
});
