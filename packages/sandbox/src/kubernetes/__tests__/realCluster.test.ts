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
type LeftOut = { reason: string; ids: string[] }[];

const FIRST_LOOK: LeftOut = [
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
    ids: ['apis', 'api-v1', 'aggregated'],
  },
];

const SECOND_LOOK: LeftOut = [
  {
    reason: 'when a controller tries again is chance',
    ids: ['sts-failed-create'],
  },
  {
    reason: 'the recording wrote this object without managedFields',
    ids: ['irsa-on-association'],
  },
  {
    reason: 'the sandbox has no policy group, and no eviction meets a budget',
    ids: ['pdb'],
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

/** Until an object of the cluster is as it has to be. */
const until =
  (
    resource: string,
    namespace: string,
    name: string,
    wanted: (status: any) => unknown,
  ) =>
  () =>
    sandbox
      .cluster('payments-prod')
      .waitFor(resource, namespace, name, object =>
        Boolean(object?.status && wanted(object.status)),
      );
const says = (reason: string) => (status: any) =>
  status.conditions?.some((one: any) => one.reason === reason);

/** What has to have happened before a request, where time alone does not bring it about. */
const UNTIL: Record<string, () => Promise<unknown>> = {
  'deploy-one': until(
    'deployments',
    'cmp',
    'web',
    ({ readyReplicas }) => readyReplicas === 1,
  ),
  'dep-rs': until('deployments', 'cmp2', 'web', says('ReplicaSetUpdated')),
  'dep-restart-paused': until(
    'deployments',
    'cmp2',
    'web',
    says('DeploymentPaused'),
  ),
  'dep-paused': until(
    'deployments',
    'cmp2',
    'web',
    ({ observedGeneration }) => observedGeneration === 3,
  ),
  'dep-quota': until('resourcequotas', 'cmp2', 'q', ({ used }) => used),
  'before dep-replica-failure': until(
    'deployments',
    'cmp2',
    'full',
    says('FailedCreate'),
  ),
  'dep-replica-failure': until(
    'deployments',
    'cmp2',
    'full',
    says('ProgressDeadlineExceeded'),
  ),
  'sts-failed-create': until(
    'statefulsets',
    'cmp2',
    'db',
    ({ updateRevision }) => updateRevision,
  ),
  'ds-status': until(
    'daemonsets',
    'cmp2',
    'ds',
    ({ numberUnavailable }) => numberUnavailable === 3,
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
    await UNTIL[`before ${request.id}`]?.();
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
      const [name, path, encoded] = request.keeps.split(/ = |, /);
      const { body } = await answer;
      const value = path
        .split(/[.[\]]+/)
        .reduce((part, key) => part[key], body);
      kept[name] = encoded ? encodeURIComponent(value) : value;
    }
  }
  return Promise.all(
    answers
      .filter(([{ answer }]) => answer !== undefined)
      .map(async ([request, answer]) => [request, await answer] as const),
  );
}

it.each<[string, LeftOut]>([
  ['realCluster.jsonl', FIRST_LOOK],
  ['realCluster2.jsonl', SECOND_LOOK],
])('answers as a real cluster does: %s', async (file, left) => {
  const answers = await answersOf(recordedRequests(file));
  const different = answers
    .map(([request, answer]) => ({
      id: request.id,
      sameStatus: answer.status === request.answer!.status,
      found: differencesOf(request, answer),
    }))
    .filter(({ found }) => found.length > 0);
  const leftOut = left.flatMap(({ ids }) => ids);
  const otherStatus = different.filter(({ sameStatus }) => !sameStatus);
  const reasons = left.map(({ reason, ids }) => `${ids.length} ${reason}`);
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
