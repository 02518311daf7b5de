import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import {
  ask,
  context,
  denied,
  HAVING,
  LACKING,
  node,
  pod,
} from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type { PodFact } from '../framework/facts/workloads';
import { workloadsObtained } from './obtained';

const HOUR = 3_600_000;
const STARTED = context.now - 4 * HOUR;
const ago = (hours: number) =>
  new Date(context.now - hours * HOUR).toISOString();

const podAt = (uid: string, rest: Partial<PodFact> = {}) =>
  pod({
    uid,
    name: `api-${uid}`,
    createdAt: STARTED,
    startedAt: STARTED,
    ...rest,
  });
const obtainedBy = (
  uid: string | undefined,
  hours = 1,
  name = `api-${uid}`,
) => ({
  uid,
  name,
  firstAt: ago(hours),
  lastAt: ago(hours),
  sessions: 1,
});
const used = (rest: object = {}) => ({
  service: 's3',
  operations: ['ListBuckets'],
  sdk: 'boto3',
  version: '1.35.10',
  count: 1,
  lastAt: ago(1),
  ...rest,
});
const read = (rest: Partial<Evidence> = {}): Evidence => ({
  ...noEvidence('unread'),
  state: 'read',
  readFrom: ago(7 * 24),
  readUntil: ago(0),
  ...rest,
});

describe('workloads.obtained', () => {
  const answer = (
    pods: readonly PodFact[],
    evidence: Evidence,
    over: object = {},
  ) =>
    ask(workloadsObtained, {
      pods,
      evidence: known(evidence),
      association: known({ roleArn: 'arn:r', createdAt: STARTED, tags: {} }),
      role: known(null),
      nodes: known([node('node-1', { instanceId: 'i-1' })]),
      ...over,
    });

  it('has nothing to look for without pods', () => {
    expect(answer([], read({ pods: [obtainedBy('a')] }))).toMatchObject({
      status: 'skip',
      message: expect.stringContaining(
        'no pod runs under this service account',
      ),
    });
  });

  it('judges nothing that was not read', () => {
    expect(
      answer([podAt('a')], {
        ...noEvidence('unread'),
        reason: 'Rate exceeded',
      }),
    ).toEqual({
      status: 'unknown',
      message: 'The events of CloudTrail could not be read: Rate exceeded',
    });
  });

  it('says which of the pods obtained the role, which never asked and which are too young', () => {
    const outcome = answer(
      [
        podAt('a'),
        podAt('b'),
        podAt('c', { createdAt: context.now, startedAt: context.now }),
      ],
      read({ pods: [obtainedBy('a')] }),
    );
    expect(outcome).toEqual({
      status: 'note',
      message:
        '1 of 3 running pods obtained the role themselves, last at 11:00 UTC; 1 of 3 running pods never asked for the role (1 of Deployment api): the application has not needed AWS, or its SDK is too old or looks elsewhere; 1 of 3 running pods are not seen yet: AWS shows events up to 15 minutes late.',
      fix: {
        cause: expect.stringMatching(/^The application has not needed AWS/),
        actions: [
          'If it needs no AWS until something happens, nothing is wrong.',
          'Else compare its SDK and version with docs/sdks.md, and look what in the pods comes before the identity.',
        ],
      },
    });
  });

  it('passes while a young pod is beside one that obtained it', () => {
    const young = { createdAt: context.now, startedAt: context.now };
    expect(
      answer(
        [podAt('a'), podAt('b', young)],
        read({ pods: [obtainedBy('a')] }),
      ),
    ).toEqual({
      status: 'pass',
      message: expect.stringMatching(
        /^1 of 2 running pods obtained [^;]+; 1 of 2 running pods are not seen yet/,
      ),
    });
  });

  it('names the SDKs that it saw, each once', () => {
    const seen = (...uses: Evidence['uses']) =>
      answer([podAt('a')], read({ pods: [obtainedBy('a')], uses })).observed;
    expect(
      seen(
        used(),
        used({ service: 'sts' }),
        used({ sdk: 'Go v2', version: '1.32.0' }),
      ),
    ).toBe('boto3 1.35.10, Go v2 1.32.0');
    expect(seen(used({ sdk: undefined, version: undefined }), used())).toBe(
      'boto3 1.35.10',
    );
    expect(answer([podAt('a')], read({ pods: [obtainedBy('a')] }))).toEqual({
      status: 'pass',
      message: expect.any(String),
    });
    expect(
      answer(
        [podAt('a')],
        read({ uses: [used({ sdk: undefined, version: undefined })] }),
      ),
    ).not.toHaveProperty('observed');
  });

  it('passes without session tags, for pods of that name', () => {
    const pods = [podAt('a'), podAt('b')];
    expect(
      answer(pods, read({ pods: [obtainedBy(undefined, 1, 'api-…')] })),
    ).toEqual({
      status: 'pass',
      message:
        'Pods of this name obtained the role themselves, last at 11:00 UTC; which of them AWS does not record while session tags are off.',
    });
    // Tags were turned off between these two.
    expect(
      answer(
        pods,
        read({
          pods: [obtainedBy('a', 2), obtainedBy(undefined, 1, 'api-…')],
        }),
      ).message,
    ).toBe(
      '1 of 2 running pods obtained the role themselves, last at 11:00 UTC; pods of this name obtained the role themselves; which of them AWS does not record while session tags are off.',
    );
  });

  it('follows another check where no pod can ask', () => {
    expect(answer([podAt('a', { containers: [LACKING] })], read())).toEqual({
      status: 'skip',
      message: 'No running pod has the variables of Pod Identity to ask with.',
      explainedBy: { check: 'workloads.injected' },
    });
  });

  const byIrsa = (rest: object = {}): Evidence['others'][number] => ({
    kind: 'irsa',
    name: 'system:serviceaccount:payments:api',
    own: true,
    sdk: 'Go v2',
    version: '1.32.0',
    count: 1,
    firstAt: ago(1),
    lastAt: ago(1),
    ...rest,
  });
  const asNode: Evidence['nodes'][number] = {
    ...used({ sdk: 'Java v2', version: '2.57.8' }),
    instanceId: 'i-1',
  };
  const KEY = 'AKIAEXAMPLE123456789';
  const withKey = podAt('a', {
    containers: [{ ...HAVING, accessKeyId: KEY }],
  });

  it('warns of every other road, and prints the commands of all of them', () => {
    const outcome = answer(
      [withKey],
      read({
        pods: [obtainedBy('a')],
        uses: [used()],
        others: [byIrsa()],
        staticKeys: [{ ...used(), keyId: KEY }],
        nodes: [asNode],
      }),
    );
    expect(outcome).toMatchObject({
      status: 'warn',
      observed: 'boto3 1.35.10',
      explainedBy: {
        oneOf: [
          'service-account.irsa',
          'workloads.shadowed',
          'workloads.shadowed',
        ],
      },
    });
    expect(outcome.message).toMatch(
      /^This service account obtained the role by IRSA too, [^;]+; the access key [^;]+; on the node node-1 [^;]+; it may be of any pod there; 1 of 1 running pods obtained the role themselves, [^;]+\.$/,
    );
    expect(outcome.fix!.actions.length).toBeGreaterThan(3);
    expect(outcome.fix!.snippet).toEqual({
      language: 'bash',
      text: [
        'kubectl -n payments rollout restart deployment/api',
        'kubectl -n payments set env deployment/api -c app AWS_ACCESS_KEY_ID- AWS_SECRET_ACCESS_KEY-',
        'aws ec2 modify-instance-metadata-options --region eu-west-1 --instance-id i-1 --http-tokens required --http-put-response-hop-limit 1',
      ].join('\n'),
    });
  });

  it('prints no command for an SDK that has to be newer', () => {
    const { fix } = answer(
      [podAt('a')],
      read({ others: [byIrsa({ sdk: 'boto3', version: '1.28.57' })] }),
    );
    expect(fix).toEqual({
      cause: 'boto3 1.28.57 knows no Pod Identity, so it goes on by IRSA.',
      actions: [
        'Update the SDK of the application to 1.29.0 or later, and keep the annotation of IRSA until then.',
      ],
    });
  });

  it('takes the variables of IRSA out of a template that sets them', () => {
    const set = podAt('a', {
      containers: [
        {
          ...HAVING,
          carried: [
            {
              what: 'irsa',
              said: 'set AWS_ROLE_ARN',
              unset: ['AWS_ROLE_ARN-', 'AWS_WEB_IDENTITY_TOKEN_FILE-'],
              likely: true,
            },
            {
              what: 'profile',
              said: 'set AWS_PROFILE',
              unset: ['AWS_PROFILE-'],
              likely: true,
            },
          ],
        },
      ],
    });
    const keeping = podAt('b', { owner: { kind: 'StatefulSet', name: 'db' } });
    expect(answer([set, keeping], read({ others: [byIrsa()] })).fix).toEqual({
      cause: expect.stringMatching(/^The pod template sets the variables/),
      actions: [
        'Take the variables of IRSA out of the pod template and restart the workload with these commands; new pods go by Pod Identity.',
      ],
      snippet: {
        language: 'bash',
        text: [
          'kubectl -n payments set env deployment/api -c app AWS_ROLE_ARN- AWS_WEB_IDENTITY_TOKEN_FILE-',
          'kubectl -n payments rollout restart statefulset/db',
        ].join('\n'),
      },
    });
    const job = { ...set, owner: { kind: 'ReplicaSet', name: 'x' } };
    expect(answer([job], read({ others: [byIrsa()] })).fix).toEqual({
      cause: expect.any(String),
      actions: [
        expect.stringMatching(/^Take the variables/),
        'Change the template of the ReplicaSet x itself: its pods come from there.',
      ],
    });
  });

  it('leaves the annotation of IRSA alone, which is the way back', () => {
    const { fix } = answer([podAt('a')], read({ others: [byIrsa()] }));
    expect(fix).toEqual({
      cause: expect.stringMatching(/^A pod that was created while/),
      actions: [
        'Restart the workload with these commands; new pods go by Pod Identity.',
      ],
      snippet: {
        language: 'bash',
        text: 'kubectl -n payments rollout restart deployment/api',
      },
    });
  });

  it('takes the variables of IRSA out of the one container that sets them', () => {
    const carried = [
      {
        what: 'irsa' as const,
        said: 'set AWS_ROLE_ARN',
        unset: ['AWS_ROLE_ARN-'],
        likely: true,
      },
    ];
    const containers = [HAVING, { ...HAVING, name: 'side', carried }];
    const { fix } = answer(
      [podAt('a', { containers })],
      read({ others: [byIrsa()] }),
    );
    expect(fix?.actions).toEqual([
      'Take the variables of IRSA out of the pod template with these commands; new pods go by Pod Identity.',
    ]);
    expect(fix?.snippet?.text.split('\n')).toEqual([
      'kubectl -n payments set env deployment/api -c side AWS_ROLE_ARN-',
    ]);
  });

  it('leaves out other roads from before the pods and the identity of today', () => {
    const status = (evidence: Partial<Evidence>, ...pods: PodFact[]) =>
      answer(pods, read({ pods: [obtainedBy('a')], ...evidence })).status;
    const at = (hours: number) => ({ lastAt: ago(hours) });
    const keys = (hours: number) => ({
      staticKeys: [{ ...used(at(hours)), keyId: KEY }],
    });
    const before = 4.01;
    expect(
      [4, before].map(h => status({ others: [byIrsa(at(h))] }, podAt('a'))),
    ).toEqual(['warn', 'pass']);
    expect(status({ others: [byIrsa({ own: undefined })] }, podAt('a'))).toBe(
      'pass',
    );
    expect([4, before].map(h => status(keys(h), withKey))).toEqual([
      'warn',
      'pass',
    ]);
    expect(status(keys(1), podAt('a'))).toBe('pass');
    expect(
      [4, before].map(h =>
        status(
          { pods: [obtainedBy('a', 4)], nodes: [{ ...asNode, ...at(h) }] },
          podAt('a'),
        ),
      ),
    ).toEqual(['note', 'pass']);
  });

  it('counts the pods that carry the key, and takes it out of their container', () => {
    const containers = [HAVING, { ...HAVING, name: 'side', accessKeyId: KEY }];
    const { message, fix } = answer(
      [podAt('a'), podAt('b', { containers })],
      read({
        pods: [obtainedBy('a'), obtainedBy('b')],
        staticKeys: [
          { ...used(), keyId: 'AKIAEXAMPLEOFANOTHER' },
          { ...used(), keyId: KEY },
        ],
      }),
    );
    expect(message).toMatch(/^The access key that stands in the spec of 1 of/);
    expect(fix?.snippet?.text).toBe(
      'kubectl -n payments set env deployment/api -c side AWS_ACCESS_KEY_ID- AWS_SECRET_ACCESS_KEY-',
    );
  });

  it('has nothing to say while events may be late', () => {
    const young = { createdAt: context.now, startedAt: context.now };
    expect(answer([podAt('a', young)], read()).status).toBe('skip');
  });

  it('names the node of the call among several', () => {
    const nodes = known([
      node('node-2', { instanceId: 'i-2' }),
      node('node-1', { instanceId: 'i-1' }),
    ]);
    expect(
      answer([podAt('a')], read({ nodes: [asNode] }), { nodes }).message,
    ).toMatch(/^On the node node-1 /);
  });

  it('leaves out calls as the node from before its pods obtained the role', () => {
    const status = (...pods: Evidence['pods']) =>
      answer([podAt('a'), podAt('b')], read({ pods, nodes: [asNode] })).status;
    expect(status(obtainedBy('a', 0.5), obtainedBy('b', 0.5))).toBe('pass');
    expect(status(obtainedBy('a', 0.5), obtainedBy('b', 1))).toBe('note');
    const elsewhere = [podAt('a', { nodeName: 'node-2' })];
    const found = { pods: [obtainedBy('a', 0.5)], nodes: [asNode] };
    expect(answer(elsewhere, read(found)).status).toBe('note');
  });

  it('only notes what another pod of the node may have done, whether pods obtained the role or not', () => {
    const evidence = read({ pods: [obtainedBy('a')], nodes: [asNode] });
    expect(answer([podAt('a')], evidence)).toMatchObject({
      status: 'note',
      fix: { snippet: { text: expect.stringContaining('--instance-id i-1') } },
    });
    expect(answer([podAt('b')], evidence, { nodes: denied })).toMatchObject({
      status: 'note',
      message: expect.stringMatching(/^On the node i-1 /),
      fix: { snippet: { text: expect.stringContaining('--instance-id i-1') } },
    });
  });

  it('hands on of which pods another identity is, and looks at those that run', () => {
    const KEY_ID = 'AKIAEXAMPLE123456789';
    const keyed = podAt('keyed', {
      containers: [{ ...HAVING, accessKeyId: KEY_ID }],
    });
    const others = [{ ...used(), own: true, kind: 'web-identity' }] as never;
    const pods = [podAt('good'), podAt('irsa'), keyed];
    const evidence = read({
      pods: [obtainedBy('good'), obtainedBy('irsa', 5)],
      others,
      staticKeys: [{ ...used(), keyId: KEY_ID }],
    });
    expect(answer(pods, evidence).lacking).toEqual([
      // What a pod obtained before the last change says nothing.
      { how: 'other', which: 'IRSA', pods: ['api-irsa', 'api-keyed'] },
      { how: 'other', which: 'static keys', pods: ['api-keyed'] },
    ]);
    // The one that went by IRSA is gone: those after it have not asked for anything yet.
    const lately = { createdAt: context.now - HOUR / 2 };
    const young = [podAt('good'), podAt('new', lately)];
    expect(answer(young, evidence).lacking).toEqual([]);
    // Another one has the variables of IRSA; workloads.injected tells of one that has nothing else.
    const irsaRoleArn = 'arn:irsa';
    const [both, alone] = [HAVING, LACKING].map((one, index) =>
      podAt(`able-${index}`, { containers: [{ ...one, irsaRoleArn }] }),
    );
    const lacking = (...some: PodFact[]) => answer(some, evidence).lacking;
    expect(lacking(podAt('idle'), both)).toEqual([
      { how: 'other', which: 'IRSA', pods: ['api-able-0'] },
    ]);
    expect(lacking(podAt('idle'), alone)).toEqual([]);
    const all = pods.map(({ uid }) => obtainedBy(uid!));
    expect(
      answer(pods.slice(0, 2), read({ pods: all, others })).lacking,
    ).toEqual([]);
    const stuck = {
      ...keyed,
      phase: 'Pending',
      notStarted: 'the image is gone',
    };
    expect(answer([stuck], evidence).status).toBe('skip');
    expect(answer([stuck, podAt('good')], evidence).message).toMatch(
      /1 of 1 running pods obtained the role/,
    );
  });
});
