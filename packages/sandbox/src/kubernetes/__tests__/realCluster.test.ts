import { Sandbox, startSandbox } from '../../sandbox';
import {
  differencesOf,
  RecordedRequest,
  recordedRequests,
} from '../__testUtils__/realCluster';
import { wire, WireAnswer } from '../__testUtils__/wire';

/**
 * The sandbox answers as a real cluster does: requests that a cluster was sent, in their order, and its answers.
 */
/** Where the sandbox differs on purpose, and why. An entry that no longer differs fails. */
const LEFT_OUT: { reason: string; ids: string[] }[] = [
  {
    reason: 'EKS names the access policy, a plain API server no reason',
    ids: ['sar-admin'],
  },
  {
    reason: 'Go appends a diff whose form changes from build to build',
    ids: ['pod-immutable'],
  },
  {
    reason: 'EKS writes this object, the recording wrote its own',
    ids: ['hook-pod-identity'],
  },
  {
    reason: 'the recording had a stand-in for the kubelet',
    ids: ['watch-old'],
  },
  {
    reason: 'the sandbox serves fewer kinds',
    ids: ['apis', 'api-v1', 'apps-v1', 'aggregated'],
  },
];

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox({
    clusters: ['payments-prod'],
    rights: 'recorded',
  });
});
afterEach(() => sandbox.stop());

/** Sends requests as the callers of the recording. */
function callers() {
  const { aws, credentials, cluster } = sandbox;
  const target = {
    handle: cluster('payments-prod'),
    key: {
      accountId: sandbox.accountId,
      region: sandbox.region,
      name: 'payments-prod',
    },
    credentials,
  };
  const role = (use: keyof typeof credentials.roles) =>
    wire(
      target,
      aws.iam.sessionOf({
        roleArn: credentials.roles[use],
        sessionName: 'compare',
      }),
    );
  const signed = {
    admin: wire(target),
    nobody: wire(target, credentials.nobody),
    read: role('read'),
    verify: role('verify'),
    write: role('write'),
  };
  const tokens: Record<string, string | null> = {
    anonymous: null,
    bad: 'k8s-aws-v1.none',
    junk: 'junk',
  };
  return (request: RecordedRequest, replace: (text: string) => string) => {
    const { as, method, path, type, headers, body } = request;
    const { call } = signed[as as keyof typeof signed] ?? signed.admin;
    return call(method, replace(path), {
      ...(body !== undefined && {
        body:
          typeof body === 'string'
            ? body
            : JSON.parse(replace(JSON.stringify(body))),
      }),
      contentType: type,
      accept: headers?.accept,
      ...(Object.hasOwn(tokens, as) && { token: tokens[as] }),
    });
  };
}

/** What has to have happened before a request, where time alone does not bring it about. */
const UNTIL: Record<string, () => Promise<unknown>> = {
  'deploy-one': () =>
    sandbox
      .cluster('payments-prod')
      .waitFor(
        'deployments',
        'cmp',
        'web',
        deployment => deployment?.status.readyReplicas === 1,
      ),
};

/** Sends all requests in their order; the clock of the sandbox passes over the waits. */
async function answersOf(requests: RecordedRequest[]) {
  const send = callers();
  const kept: Record<string, string> = {};
  const replace = (text: string) =>
    text.replace(/{{(\w+)}}/g, (_, name) => kept[name]);
  const answers: [RecordedRequest, Promise<WireAnswer>][] = [];
  for (const request of requests) {
    if (request.waitBefore) {
      await sandbox.clock.advance(request.waitBefore);
    }
    await UNTIL[request.id]?.();
    if (request.method === 'DELETE') {
      // Nothing changes under a watch, which ends after a second.
      await Promise.all(answers.map(([, answer]) => answer));
    }
    const answer = send(request, replace);
    answers.push([request, answer]);
    if (!request.path.includes('watch=1')) {
      await answer;
    }
    if (request.keeps) {
      const [name, path] = request.keeps.split(' = ');
      const { body } = await answer;
      kept[name] = path.split('.').reduce((value, key) => value[key], body);
    }
  }
  return Promise.all(
    answers
      .filter(([{ answer }]) => answer !== undefined)
      .map(async ([request, answer]) => [request, await answer] as const),
  );
}

it('answers as a real cluster does', async () => {
  const answers = await answersOf(recordedRequests());
  const different = answers
    .map(([request, answer]) => ({
      id: request.id,
      sameStatus: answer.status === request.answer!.status,
      found: differencesOf(request, answer),
    }))
    .filter(({ found }) => found.length > 0);
  const leftOut = LEFT_OUT.flatMap(({ ids }) => ids);
  const otherStatus = different.filter(({ sameStatus }) => !sameStatus);
  const reasons = LEFT_OUT.map(({ reason, ids }) => `${ids.length} ${reason}`);
  process.stdout.write(
    `| answers of a real cluster: ${answers.length} | same status: ${
      answers.length - otherStatus.length
    } | same body: ${answers.length - different.length} | left out: ${
      reasons.join(', ') || 'none'
    } |\n`,
  );
  expect(
    different
      .filter(({ id }) => !leftOut.includes(id))
      .map(({ id, found }) => [id, ...found].join('\n  ')),
  ).toEqual([]);
  const ids = different.map(({ id }) => id);
  expect(leftOut.filter(id => !ids.includes(id))).toEqual([]);
});
