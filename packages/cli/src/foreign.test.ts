import type {
  NewOperationEvent,
  OperationEvent,
} from 'backstage-plugin-eks-pod-identity-common';
// The log of a task: no part of the published package.
/* eslint-disable-next-line @backstage/no-relative-monorepo-imports */
import { logEvent } from '../../../plugins/scaffolder-backend-module-eks-pod-identity/src/operation/logEvent';
import { CliWorld } from './__testUtils__/CliWorld';
import { workflowCommands } from './__testUtils__/workflowCommands';
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
    // With the message less than is read of an error, so that it is taken for a Status
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
      // Its own lines may begin as commands, and a runner carries out no others.
      expect(wrongOf(files.github.replace(/^::/gm, ''))).toEqual([]);
      expect(
        workflowCommands(files.github).filter(
          ({ properties }) =>
            properties !== `title=${SUBJECT} on payments-prod`,
        ),
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

  it('ends verify --all by its --timeout where a list does not end', async () => {
    const late = new AbortController();
    const timeout = jest
      .spyOn(AbortSignal, 'timeout')
      .mockReturnValue(late.signal);
    let pages = 0;
    front.kubernetes = ({ method, query }) => {
      if (method !== 'GET' || !query.get('limit')) return undefined;
      pages += 1;
      if (pages === 5) late.abort();
      const items = [{ metadata: { name: 'a' } }];
      // Far behind the end, so that the test ends without it
      const metadata = pages < 100 ? { continue: `${pages}` } : {};
      return { status: 200, body: { items, metadata } };
    };
    const { code, stderr } = await world.run([
      ...['verify', '--all', '--selector=a=b', ...ON, '--timeout', '40'],
    ]);
    expect(timeout.mock.calls).toEqual([[40_000]]);
    timeout.mockRestore();
    expect(stderr).toContain('could not be listed within 40 s');
    expect(code).toBe(4);
  });
});
