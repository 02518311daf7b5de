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
jest.setTimeout(60_000);

/** Where the sandbox differs, and why. */
const LEFT_OUT: { reason: string; ids: string[] }[] = [
  {
    reason: 'not mended yet',
    ids: [
      'version-anonymous',
      'sar-yes',
      'sar-no',
      'sar-group',
      'sar-admin',
      'sar-empty',
      'whoami',
      'rules-review',
      'ns-create',
      'ns-dry',
      'ns-dry-bad',
      'ns-kind-mismatch',
      'ns-json-broken',
      'ns-empty-body',
      'ns-media',
      'ns-yaml',
      'path-unknown-group',
      'path-unknown-root',
      'method-not-allowed',
      'method-odd',
      'sa-default',
      'sa-create',
      'sa-get',
      'sa-unknown-field-warn',
      'sa-unknown-field-default',
      'sa-merge',
      'sa-merge-null',
      'sa-json',
      'sa-json-test-fails',
      'sa-patch-no-type',
      'sa-apply-no-manager',
      'sa-apply-conflict',
      'sa-put',
      'sa-del-uid',
      'sa-del-rv',
      'sa-del-dry',
      'sa-still',
      'sa-del-applied',
      'sa-list',
      'sa-list-limit',
      'sa-list-bad-continue',
      'sa-list-field',
      'sa-list-label',
      'sa-list-bad-label',
      'sa-not-acceptable',
      'sa-rv-0',
      'token',
      'token-missing',
      'pod-dry',
      'pod-generate',
      'pod-bad-quantity',
      'pod-mount-relative',
      'pod-unknown-warn',
      'pod-toleration-bad',
      'pod-hostnetwork-ports',
      'pod-restricted-ok',
      'pod-tgps',
      'pod-create',
      'pod-unschedulable',
      'pod-events',
      'pod-immutable',
      'pod-image-ok',
      'pod-label',
      'pod-log-pending',
      'pods-field-phase',
      'pods-table',
      'pod-eviction-missing',
      'pod-binding',
      'pod-status',
      'pod-ephemeral',
      'pod-del',
      'ns-restricted',
      'psa-ok',
      'psa-deploy-warn',
      'psa-bad-level',
      'ns-warn-only',
      'psa-warn',
      'quota',
      'quota-status',
      'quota-ok-dry',
      'quota-after-dry',
      'quota-del',
      'limits',
      'limits-default',
      'limits-max',
      'vap',
      'vap-binding',
      'vap-allow',
      'hook-dead',
      'hook-dead-deny',
      'hook-nodry',
      'hook-svc',
      'hook-pod-identity',
      'inject',
      'inject-skip-label',
      'inject-none',
      'irsa-sa',
      'inject-irsa',
      'deploy',
      'deploy-get',
      'deploy-restart',
      'deploy-observed',
      'rs-list',
      'scale',
      'deploy-one',
      'job',
      'cron',
      'nodes',
      'watch-now',
      'watch-old',
      'list-old-exact',
      'apis',
      'api-v1',
      'apps-v1',
      'aggregated',
      'ns-delete',
      'ns-terminating',
      'in-terminating',
      'pod-in-terminating',
    ],
  },
];

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox({ clusters: ['payments-prod'] });
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

/** Sends all requests in their order; the clock of the sandbox passes over the waits. */
async function answersOf(requests: RecordedRequest[]) {
  const send = callers();
  const kept: Record<string, string> = {};
  const replace = (text: string) =>
    text.replace(/{{(\w+)}}/g, (_, name) => kept[name]);
  const answers: [RecordedRequest, WireAnswer][] = [];
  for (const request of requests) {
    if (request.waitBefore) {
      await sandbox.clock.advance(request.waitBefore);
    }
    const answer = await send(request, replace);
    if (request.keeps) {
      const [name, path] = request.keeps.split(' = ');
      kept[name] = path
        .split('.')
        .reduce((value, key) => value[key], answer.body);
    }
    answers.push([request, answer]);
  }
  return answers.filter(([{ answer }]) => answer !== undefined);
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
