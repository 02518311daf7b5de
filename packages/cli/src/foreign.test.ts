import type {
  NewOperationEvent,
  OperationEvent,
} from 'backstage-plugin-eks-pod-identity-common';
import { until } from 'eks-sandbox/patience';
// The log of a task: no part of the published package.
/* eslint-disable-next-line @backstage/no-relative-monorepo-imports */
import { logEvent } from '../../../plugins/scaffolder-backend-module-eks-pod-identity/src/operation/logEvent';
import { CliWorld } from './__testUtils__/CliWorld';
import { startCommand } from './__testUtils__/runCommand';
import { HostileFront } from './__testUtils__/HostileFront';
import { withEngine } from './connect/withEngine';

const SECRET = 'geheim-7-of-others';
/** What another writes: it clears a terminal, begins a line with a command, holds a secret, and does not end. */
const HOSTILE = `\u001b[2J\u009b2J\n::error::forged\r\n  ::stop-commands::x\u2028password=${SECRET} \u202e${'on '.repeat(
  33_000,
)}`;
/** A line may quote several, and none of them whole. */
const LONGEST = 33_000;

/** What of a text would steer a terminal, begin a line as a command, tell a secret, or fill a log. */
const wrongOf = (text: string) => [
  // eslint-disable-next-line no-control-regex
  ...(text.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e]/g) ??
    []),
  ...(text.match(/^\s*::.{0,20}/gm) ?? []),
  ...(text.match(new RegExp(SECRET, 'g')) ?? []),
  ...text
    .split('\n')
    .filter(line => line.length > LONGEST)
    .map(({ length }) => `${length} characters`),
];

const textsOf = (value: unknown): string[] => {
  const found: string[] = [];
  JSON.stringify(value, (_, one) => {
    if (typeof one === 'string') found.push(one);
    return one;
  });
  return found;
};

const status = (code: number) => ({
  status: code,
  body: {
    kind: 'Status',
    status: 'Failure',
    code,
    reason: HOSTILE,
    message: HOSTILE,
  },
});

const FORMS = ['markdown', 'junit', 'headline', 'github', 'json'];
const ON = ['--cluster', 'payments-prod'];
const SUBJECT = 'payments/payments-ledger';

describe('what others write', () => {
  let world: CliWorld;
  let front: HostileFront;
  beforeAll(async () => {
    world = await CliWorld.start();
    front = await HostileFront.start(world.sandbox, 'payments-prod');
    process.env.AWS_ENDPOINT_URL = front.awsEndpoint;
  });
  afterEach(() => {
    front.kubernetes = () => undefined;
    front.created = () => {};
    front.aws = () => undefined;
  });
  afterAll(async () => {
    await front?.stop();
    await world?.stop();
  });

  const ENDS: Record<string, () => void> = {
    'the scheduler, of the probe pod': () => {
      front.created = pod => {
        pod.status.conditions = [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: HOSTILE,
          },
        ];
      };
    },
    'a webhook, of the probe pod': () => {
      front.kubernetes = ({ method, path }) =>
        method === 'POST' && path.endsWith('/pods') ? status(403) : undefined;
    },
    'the API server, of what is read': () => {
      front.kubernetes = ({ method, path }) =>
        method === 'GET' && !path.endsWith('/version')
          ? status(400)
          : undefined;
    },
    'AWS, or a proxy in its name': () => {
      front.aws = (_, path) =>
        /addons|pod-identity-associations/.test(path)
          ? { status: 400, body: { __type: HOSTILE, message: HOSTILE } }
          : undefined;
    },
  };

  it.each(Object.entries(ENDS))(
    'reaches no output as it stands: %s',
    async (_, make) => {
      make();
      const files: Record<string, string> = {};
      const io = {
        writeFile: (path: string, text: string) => {
          files[path] = text;
        },
      };
      const verified = await world.run(
        [
          ...['verify', SUBJECT, ...ON, '--timeout', '40'],
          ...['--bundle', 'bundle'],
          ...FORMS.flatMap(one => ['--report', `${one}=${one}`]),
        ],
        io,
      );
      const judged = await world.run(['judge', 'bundle'], {
        readFile: path => files[path],
      });
      const doctor = await world.run(['doctor', ...ON, '-n', 'payments']);
      const gate = await world.run([
        ...['gate', SUBJECT, ...ON, '--timeout', '1'],
      ]);
      const odd = { ...JSON.parse(files.bundle), facts: { [HOSTILE]: 7 } };
      const refused = await world.run(['judge', 'odd'], {
        readFile: () => JSON.stringify(odd),
      });
      expect(refused.stderr).toContain('This is no bundle: ');
      const { markdown, junit, headline, json, bundle } = files;
      expect(verified.stdout).toMatch(/^Service account: /m);
      expect(
        Object.entries({
          verified,
          judged,
          refused,
          doctor,
          gate,
          files: [markdown, junit, headline],
          texts: textsOf([JSON.parse(json), JSON.parse(bundle)]),
        }).map(([of, value]) => [of, textsOf(value).flatMap(wrongOf)]),
      ).toEqual(
        [
          'verified',
          'judged',
          'refused',
          'doctor',
          'gate',
          'files',
          'texts',
        ].map(of => [of, []]),
      );
      // It has its own stop-commands around what it shows
      expect(
        wrongOf(files.github).filter(one => /forged|x$/.test(one)),
      ).toEqual([]);

      const events: NewOperationEvent[] = [];
      const logged: string[] = [];
      const log = (line: string) => logged.push(line);
      const logger = { info: log, warn: log, error: log, debug: log };
      await withEngine(
        {
          cluster: 'payments-prod',
          byContext: undefined,
        },
        {
          ...io,
          stdout: { write() {} },
          stderr: { write() {} },
          env: process.env,
          signal: new AbortController().signal,
          readFile: () => '',
        },
        ({ engine, context }) =>
          engine.verification.verify(
            {
              ref: {
                cluster: 'payments-prod',
                namespace: 'payments',
                serviceAccount: 'payments-ledger',
              },
              trigger: 'user',
              probe: 'pod',
              permissionChecks: [],
              timeoutSeconds: 40,
            },
            context(async event => {
              events.push(event);
              logEvent(
                logger as unknown as Parameters<typeof logEvent>[0],
                event as OperationEvent,
              );
            }),
          ),
      );
      expect(logged.length).toBeGreaterThan(5);
      expect(JSON.stringify([events, files])).toContain('forged');
      expect(textsOf(events).flatMap(wrongOf)).toEqual([]);
      expect(logged.filter(line => line.includes('\n'))).toEqual([]);
      expect(logged.flatMap(wrongOf)).toEqual([]);
    },
  );

  /** Runs the program in a process of its own, which its watch can end. */
  function start(args: string[], more = '') {
    const { accessKeyId, secretAccessKey } = world.sandbox.credentials.admin;
    const transform = require.resolve(
      '@backstage/cli/config/nodeTransform.cjs',
    );
    const program = JSON.stringify(require.resolve('./index'));
    const script = `require(${program}).start(); ${more}`;
    return startCommand(
      [
        ...[process.execPath, '--require', transform, '--eval', script],
        ...['--', 'program', 'verify', ...args, ...ON, '--timeout=4'],
      ],
      {
        cwd: __dirname,
        env: {
          PATH: process.env.PATH,
          AWS_ENDPOINT_URL: front.awsEndpoint,
          AWS_REGION: world.sandbox.region,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
        },
      },
    );
  }

  it('keeps no run past its --timeout, with lists that do not end', async () => {
    let pages = 0;
    front.kubernetes = ({ method, query }) => {
      if (method !== 'GET' || !query.get('limit')) return undefined;
      pages += 1;
      const items = Array(500).fill({ metadata: { name: 'a' } });
      return {
        status: 200,
        body: { items, metadata: { continue: `${pages}` } },
      };
    };
    const busy = start(
      ['--all'],
      "process.stdin.once('data', () => { for (;;); });",
    );
    // It is watched by then
    await until(() => pages > 0);
    busy.type('compute');
    const [computing, verified, listed] = await Promise.all([
      busy.ended,
      start([SUBJECT, '--probe=none']).ended,
      start(['--all', '--selector=a=b']).ended,
    ]);
    expect(verified).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('no answer before the deadline'),
    });
    expect(listed).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('could not be listed within 4 s'),
    });
    // By SIGKILL
    expect(computing).toMatchObject({
      code: -1,
      stderr: expect.stringContaining('nothing but compute for 4 s'),
    });
  });
});
