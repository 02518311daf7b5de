import {
  agent,
  agentAnswersFacts,
  ask,
  context,
  denied,
  node,
  run,
} from '../__testUtils__/judge';
import { targetAssumePolicy } from '../../identity/snippets';
import { trustStatement } from '../../identity/trust';
import { known, lacking } from '../framework/fact';
import { credentialsAgentAnswers } from './agentAnswers';
import { credentialsIdentity } from './identity';
import { credentialsImds } from './imds';

describe('credentials.agent-answers', () => {
  const facts = agentAnswersFacts;
  const timeout = run({
    identity: {
      exitCode: 255,
      text: 'Error when retrieving credentials from container-role: Error retrieving metadata: Received error when attempting to retrieve container metadata: Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
    },
  });

  it('blames a missing agent', () => {
    const outcome = ask(
      credentialsAgentAnswers,
      facts({ podRun: known(timeout) }),
    );
    expect(outcome).toMatchObject({
      status: 'fail',
      message:
        'The agent on node node-1 does not take connections from the probe (timeout).',
      fix: { cause: 'No agent pod is ready on that node.' },
    });
  });

  describe('while a NetworkPolicy selects the probe', () => {
    const under = (policy: object) =>
      ask(
        credentialsAgentAnswers,
        facts({
          podRun: known(timeout),
          egressPolicies: known({
            policies: [{ name: 'default-deny', selector: {}, ...policy }],
          }),
        }),
      );

    it('is unknown, by what is said of the workload, and opens the way', () => {
      const outcome = under({ allowsAgent: false });
      expect(outcome).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining(
          'the NetworkPolicy default-deny limits',
        ),
        explainedBy: {
          oneOf: expect.arrayContaining(['workloads.network']),
        },
        fix: { actions: [expect.stringContaining('policies add up')] },
      });
      const [apply, manifest] = outcome.fix!.snippet!.text.split('\n');
      expect(apply).toBe("kubectl -n payments apply -f - <<'EOF'");
      expect(JSON.parse(manifest)).toEqual({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: {
          name: 'default-deny-pod-identity-agent',
          namespace: 'payments',
        },
        spec: {
          podSelector: {},
          policyTypes: ['Egress'],
          egress: [
            {
              to: [
                { ipBlock: { cidr: '169.254.170.23/32' } },
                { ipBlock: { cidr: 'fd00:ec2::23/128' } },
              ],
              ports: [{ protocol: 'TCP', port: 80 }],
            },
          ],
        },
      });
    });

    it('does not blame one that lets pods reach the agent', () => {
      const outcome = under({ allowsAgent: true });
      expect(outcome.message).not.toContain('NetworkPolicy');
      expect(outcome.explainedBy?.oneOf).not.toContain('workloads.network');
    });
  });

  const NO_AGENT = 'No agent pod is ready on that node.';
  /** The cause where no fact explains it. */
  const OPEN = expect.stringMatching(/^No agent is ready on that node, or /);
  it.each<[string, object, string]>([
    [
      'a ready agent on the same node',
      { agentPods: known([agent('node-1')]) },
      OPEN,
    ],
    [
      'a ready agent on another node',
      { agentPods: known([agent('node-2'), agent('node-1', false)]) },
      NO_AGENT,
    ],
    [
      'a node that has the agent built in',
      { nodes: known([node('node-1', { computeType: 'auto' })]) },
      OPEN,
    ],
    [
      'another node that has it built in',
      {
        nodes: known([node('node-2', { computeType: 'auto' }), node('node-1')]),
      },
      NO_AGENT,
    ],
    ['a node that cannot be read', { nodes: denied }, NO_AGENT],
    ['agents that cannot be listed', { agentPods: denied }, OPEN],
  ])('suspects the agent of the very node: %s', (_what, over, cause) => {
    const outcome = ask(
      credentialsAgentAnswers,
      facts({ podRun: known(timeout), ...over }),
    );
    expect(outcome.fix?.cause).toEqual(cause);
    expect(outcome.resource).toEqual({ kind: 'node', name: 'node-1' });
  });

  it('may pass where agents do not know a new association yet', () => {
    const settling = (ago: number | undefined) =>
      ask(
        credentialsAgentAnswers,
        facts({
          podRun: known(
            run({
              identity: {
                exitCode: 255,
                text: 'Error retrieving metadata: Received non 200 response 404 from container metadata: [r]: (ResourceNotFoundException): No service account role association found',
              },
            }),
          ),
          association: known(
            ago === undefined
              ? null
              : { id: 'a-1', createdAt: context.now - ago },
          ),
        }),
      ).settling;
    expect(settling(60_000)).toBe(true);
    expect(settling(300_000)).toBeUndefined();
    expect(settling(undefined)).toBeUndefined();
  });

  describe('a role that EKS Auth is not allowed to assume', () => {
    const refused = known(
      run({
        identity: {
          exitCode: 255,
          text: 'Error retrieving metadata: Received non 200 response 400 from container metadata: [r]: (AccessDeniedException): Unauthorized Exception! EKS does not have permissions to assume the associated role., fault: client',
        },
      }),
    );
    const trustPolicy = {
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ],
    };
    const ROLE = 'arn:aws:iam::111122223333:role/api';
    const TARGET = 'arn:aws:iam::111122223333:role/reader';
    const of = (role: unknown, association: object = {}, more: object = {}) =>
      ask(
        credentialsAgentAnswers,
        facts({
          podRun: refused,
          role,
          association: known({
            id: 'a-1',
            roleArn: ROLE,
            createdAt: 5,
            ...association,
          }),
          ...more,
        }),
      );
    const trusting = (policy: object, rest: object = {}) =>
      known({ arn: ROLE, name: 'api', trustPolicy: policy, ...rest });

    it('is named with what its trust policy lacks, and with the same fix', () => {
      expect(of(trusting({ Statement: [] }))).toMatchObject({
        status: 'fail',
        message:
          'EKS is not allowed to assume the role of payments/api for the pod: No statement lets the service pods.eks.amazonaws.com in.',
        fix: {
          cause:
            'AWS checks this policy whenever a pod asks for credentials, and refuses what it does not allow.',
          snippet: {
            text: expect.stringMatching(/^aws iam update-assume-role-policy /),
          },
        },
      });
      expect(of(known(null)).fix?.cause).toBe(
        'The role does not exist any more.',
      );
      expect(of(denied).fix?.cause).toContain('it could not be read');
    });

    it('is not accused where its trust policy lets the service account in', () => {
      const causeOf = (times: object, association: object = {}) =>
        of(trusting(trustPolicy, times), association).fix?.cause;
      const innocent =
        'The trust policy of api lets the service account in, so the refusal comes from elsewhere.';
      expect(causeOf({ createdAt: 4 })).toBe(innocent);
      expect(causeOf({ createdAt: 5 })).toBe(innocent);
      expect(causeOf({})).toBe(innocent);
      expect(causeOf({ createdAt: 6 }, { createdAt: undefined })).toBe(
        innocent,
      );
      expect(causeOf({ createdAt: 6 })).toBe(
        `${innocent.slice(
          0,
          -1,
        )}. The role was recreated after the association.`,
      );
    });

    it('may pass where the identity changed in the last five minutes, and nothing that can be seen refuses', () => {
      const MINUTE = 60_000;
      const settling = (ago: number, policy: object = trustPolicy) =>
        of(trusting(policy), { createdAt: context.now - ago }).settling;
      expect(settling(4 * MINUTE)).toBe(true);
      expect(settling(5 * MINUTE)).toBeUndefined();
      expect(settling(MINUTE, { Statement: [] })).toBeUndefined();
      const role = { createdAt: context.now - MINUTE };
      expect(of(trusting(trustPolicy, role)).settling).toBe(true);
    });

    it('points to what else refuses a second hop', () => {
      const boundary = { permissionsBoundaryArn: 'arn:aws:iam::1:policy/edge' };
      const actions = (role: object, association: object = {}) =>
        of(trusting(trustPolicy, role), association).fix!.actions;
      const needed = `The permissions boundary arn:aws:iam::1:policy/edge of api has to allow sts:AssumeRole and sts:TagSession on ${TARGET} too.`;
      expect(actions(boundary, { targetRoleArn: TARGET })).toContain(needed);
      expect(actions(boundary)).toHaveLength(2);
      expect(actions({}, { targetRoleArn: TARGET })).toHaveLength(2);
    });

    it('is suspected where only AWS can evaluate its trust policy', () => {
      const [statement] = trustPolicy.Statement;
      const Condition = { StringEquals: { 'aws:SourceVpc': 'vpc-1' } };
      const { message, fix } = of(
        trusting({ Statement: [{ ...statement, Condition }] }),
      );
      expect(message).toBe(
        'EKS is not allowed to assume the role of payments/api for the pod.',
      );
      expect(fix?.cause).toContain('aws:SourceVpc');
      expect(fix?.snippet?.text).toContain('update-assume-role-policy');
    });

    it('says that session tags are off where its trust policy asks for them', () => {
      const tagged = trusting({
        Statement: [
          trustStatement('serviceAccount', {
            clusterArn: context.cluster.arn,
            namespace: 'payments',
            serviceAccount: 'api',
          }),
        ],
      });
      const { message, fix } = of(tagged, { disableSessionTags: true });
      expect(message).toContain('Session tags are off for this association');
      expect(fix?.snippet?.text).toContain('--no-disable-session-tags');
    });

    it('is not judged by a probe where it admits pods by their name', () => {
      const [statement] = trustPolicy.Statement;
      const byName = trusting({
        Statement: [
          {
            ...statement,
            Condition: {
              StringLike: { 'aws:RequestTag/kubernetes-pod-name': 'api-*' },
            },
          },
        ],
      });
      expect(of(byName)).toMatchObject({
        status: 'unknown',
        message:
          'EKS is not allowed to assume the role api of payments/api for the probe. Its trust policy admits pods by their name or uid, so that says nothing about the workload.',
        observed: expect.stringMatching(/^status 400: /),
        fix: {
          actions: [
            expect.stringMatching(/^Look at .* trust policy of the role:/),
          ],
        },
      });
    });

    it('is not judged by a probe where its target admits pods by their name', () => {
      const [statement] = trustPolicy.Statement;
      const Condition = {
        StringLike: { 'aws:RequestTag/kubernetes-pod-name': 'api-*' },
      };
      const target = {
        arn: TARGET,
        unread: [],
        documents: known([]),
        role: known({
          arn: TARGET,
          name: 'reader',
          trustPolicy: {
            Statement: { ...statement, Principal: { AWS: ROLE }, Condition },
          },
        }),
      };
      expect(
        of(
          trusting(trustPolicy),
          { targetRoleArn: TARGET },
          { targetRole: known(target) },
        ),
      ).toMatchObject({
        status: 'unknown',
        fix: {
          actions: [
            expect.stringMatching(
              /^Look at .* trust policy of the target role:/,
            ),
          ],
        },
      });
    });

    it('lets the pod in and the second hop refuses, with the statement that is needed there', () => {
      const target = {
        arn: TARGET,
        unread: [],
        documents: known([
          {
            name: 'go',
            document: { Statement: targetAssumePolicy(TARGET).Statement },
          },
        ]),
        role: known({
          arn: TARGET,
          name: 'reader',
          trustPolicy: {
            Statement: {
              Effect: 'Allow',
              Principal: { AWS: 'AROAEXAMPLEEXAMPLE123' },
              Action: 'sts:*',
            },
          },
        }),
      };
      const outcome = (over: object) =>
        of(
          trusting(trustPolicy),
          { targetRoleArn: TARGET },
          { targetRole: known({ ...target, ...over }) },
        );
      const stale = outcome({});
      expect(stale.message).toBe(
        `EKS is not allowed to go on to the target role ${TARGET} for payments/api; the first role lets it in. The target role reader does not trust ${ROLE}: No statement lets ${ROLE} in; It trusts AROAEXAMPLEEXAMPLE123, the unique id of a role or user that was deleted; a role that is made again under the same name is another principal.`,
      );
      expect(stale.fix?.snippet?.text).toMatch(
        /^aws iam update-assume-role-policy --role-name reader /,
      );
      expect(stale.fix?.snippet?.text).not.toContain('AROA');
      const both = outcome({ documents: known([]) });
      expect(both.fix?.snippet?.text).toMatch(
        /^aws iam update-assume-role-policy --role-name reader [^]*\n\naws iam put-role-policy --role-name api --policy-name Assume-reader /,
      );
      const limited = outcome({
        boundary: {
          name: 'only-s3',
          document: {
            Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' },
          },
        },
        role: denied,
      });
      expect(limited.message).toContain(
        'its permissions boundary only-s3 does not allow sts:AssumeRole and sts:TagSession on it',
      );
      expect(limited.fix?.actions).toEqual([
        'Let the owner of the permissions boundary only-s3 add this statement to it.',
      ]);
      const unseen = outcome({ role: denied });
      expect(unseen).toMatchObject({
        status: 'fail',
        message: expect.stringContaining('The second hop cannot be checked.'),
        fix: {
          snippet: {
            text: expect.stringContaining(`// Trust policy of ${TARGET}`),
          },
        },
      });
    });
  });

  it('says what blocked the probe, and that this does not disprove the identity', () => {
    const lack = (over: object) =>
      ask(
        credentialsAgentAnswers,
        facts({ podRun: lacking({ sentence: 'No room.', ...over } as any) }),
      );
    expect(lack({ kind: 'blocked' })).toMatchObject({
      status: 'unknown',
      message: 'No room.',
      fix: {
        cause: 'The probe pod could not run, so the identity remains unproven.',
      },
    });
    expect(
      lack({ kind: 'blocked', fix: { cause: 'Quota.', actions: [] } }).fix
        ?.cause,
    ).toBe('Quota.');
    expect(lack({ kind: 'blocked', blocker: 'fargate' })).toEqual({
      status: 'fail',
      message: 'No room.',
      explainedBy: { oneOf: ['workloads.unsupported'] },
    });
    expect(lack({ kind: 'blocked', blocker: 'not-injected' })).toEqual({
      status: 'fail',
      message: 'No room.',
    });
    expect(lack({ kind: 'not-in-probe' })).toMatchObject({ status: 'skip' });
  });

  it('fails where pods are created without the identity, for the workload gets the same', () => {
    const fix = { cause: 'The webhook.', actions: [] };
    expect(
      ask(
        credentialsAgentAnswers,
        facts({
          podRun: lacking({
            kind: 'blocked',
            blocker: 'not-injected',
            sentence: 'None of 5 probe pods received the identity.',
            fix,
          }),
        }),
      ),
    ).toMatchObject({
      status: 'fail',
      message: 'None of 5 probe pods received the identity.',
      fix,
    });
  });

  it('names no node if none is known', () => {
    expect(
      ask(
        credentialsAgentAnswers,
        facts({ podRun: known(run({ nodeName: undefined })) }),
      ).message,
    ).toBe('The agent gave the pod credentials.');
    expect(
      ask(
        credentialsAgentAnswers,
        facts({ podRun: known({ ...timeout, nodeName: undefined }) }),
      ).resource,
    ).toBeUndefined();
  });

  it('counts the tries', () => {
    expect(
      ask(
        credentialsAgentAnswers,
        facts({ podRun: known(run({ attempts: 3 })) }),
      ).message,
    ).toBe('The agent on node node-1 gave the pod credentials at the 3rd try.');
  });
});

describe('credentials.identity', () => {
  const wanted = 'arn:aws:iam::111122223333:role/path/payments-api';
  const facts = (arn: string, over: object = {}) => ({
    podRun: run({
      identity: {
        exitCode: 0,
        text: JSON.stringify({ Arn: arn, UserId: 'AROA1:x', Account: '1' }),
      },
    }),
    expected: { effectiveRoleArn: wanted, source: 'input', settings: {} },
    egressPolicies: denied,
    vpcEndpoints: denied,
    association: known({ roleArn: wanted }),
    role: known({ arn: wanted, roleId: 'AROA1' }),
    targetRole: known(null),
    ...over,
  });
  const session = (name: string, id = 'eks-a-b-c') =>
    `arn:aws:sts::111122223333:assumed-role/${name}/${id}`;

  it.each<[string, string, object, string, RegExp]>([
    ['the role', session('payments-api'), {}, 'pass', /AWS sees the pod as/],
    [
      'a former role of that name',
      session('payments-api'),
      { role: known({ arn: wanted, roleId: 'AROA2' }) },
      'fail',
      /former role of the name payments-api/,
    ],
    [
      'the node',
      session('nodes', 'i-0b64a233926c6200c'),
      {},
      'fail',
      /the role of its node \(nodes\)/,
    ],
    [
      'IRSA',
      session('irsa', 'botocore-session-1'),
      {},
      'fail',
      /given through IRSA \(irsa\)/,
    ],
    [
      'keys',
      'arn:aws:iam::111122223333:user/deployer',
      {},
      'fail',
      /static keys/,
    ],
    [
      'another role',
      session('payments-apis'),
      {},
      'fail',
      /another role through Pod Identity \(payments-apis/,
    ],
    [
      'a session that a person or a program opened',
      session('admin', 'alice'),
      {},
      'fail',
      /^The pod holds another identity \(.*assumed-role\/admin\/alice\) instead of/,
    ],
    [
      'an unexpected role',
      session('payments-api'),
      { expected: { settings: {} } },
      'unknown',
      /which role it should be is not known/,
    ],
    [
      'the target role, by its own id',
      session('payments-api'),
      {
        association: known({ roleArn: 'arn:first', targetRoleArn: wanted }),
        targetRole: known({ role: known({ roleId: 'AROA1' }) }),
      },
      'pass',
      /AWS sees/,
    ],
    [
      'a former target role of that name',
      session('payments-api'),
      {
        association: known({ roleArn: 'arn:first', targetRoleArn: wanted }),
        role: known({ arn: wanted, roleId: 'AROA1' }),
        targetRole: known({ role: known({ roleId: 'AROA2' }) }),
      },
      'fail',
      /former role of the name payments-api/,
    ],
    [
      'the first role where another target is expected',
      session('payments-api'),
      {
        association: known({ roleArn: wanted, targetRoleArn: 'arn:other' }),
        targetRole: known({ role: known({ roleId: 'AROA2' }) }),
      },
      'pass',
      /AWS sees/,
    ],
    [
      'a role whose id is that of another role',
      session('payments-api'),
      { role: known({ arn: 'arn:other', roleId: 'AROA2' }) },
      'pass',
      /AWS sees/,
    ],
    [
      'a target role that is gone, by name',
      session('payments-api'),
      {
        association: known({ roleArn: 'arn:first', targetRoleArn: wanted }),
        targetRole: known({ role: known(null) }),
      },
      'pass',
      /AWS sees/,
    ],
    [
      'a target role that cannot be read, by name',
      session('payments-api'),
      {
        association: known({ roleArn: 'arn:first', targetRoleArn: wanted }),
        targetRole: known({ role: denied }),
      },
      'pass',
      /AWS sees/,
    ],
  ])('%s', (_what, arn, over, status, message) => {
    const outcome = ask(credentialsIdentity, facts(arn, over));
    expect(outcome.status).toBe(status);
    expect(outcome.message).toMatch(message);
  });

  it('is unknown when STS cannot be reached, and decided when STS names the caller in its refusal', () => {
    const failing = (text: string) => ({
      ...facts(''),
      podRun: run({ identity: { exitCode: 255, text } }),
    });
    expect(
      ask(
        credentialsIdentity,
        failing(
          'Connect timeout on endpoint URL: "https://sts.eu-west-1.amazonaws.com/"',
        ),
      ),
    ).toMatchObject({ status: 'unknown' });
    const endpoint = (over: object) =>
      ask(credentialsIdentity, {
        ...failing('Connect timeout on endpoint URL: "https://sts"'),
        vpcEndpoints: known([
          { id: 'vpce-a', service: 'eks-auth', state: 'available' },
          { id: 'vpce-1', service: 'sts', state: 'available', ...over },
        ]),
      }).fix?.actions[0];
    expect(endpoint({ state: 'pending' })).toBe(
      'The endpoint vpce-1 for sts is there and is pending: verify again when it is available.',
    );
    expect(endpoint({ privateDns: true })).toBe(
      'The VPC has the endpoint vpce-1 for sts: let its security group and policy, and the network ACLs, take port 443 from the pods.',
    );
    expect(endpoint({ privateDns: false })).toMatch(/switch private DNS on/);
    expect(endpoint({ service: 'eks-auth' })).toMatch(
      /^Give the subnet access to STS: an interface VPC endpoint for sts/,
    );
    const limited = {
      ...failing('Connect timeout on endpoint URL: "https://sts"'),
      egressPolicies: known({ policies: [{ name: 'agent-only' }] }),
    };
    expect(ask(credentialsIdentity, limited).fix?.cause).toMatch(
      /^The NetworkPolicy agent-only may keep the probe from STS/,
    );
    expect(ask(credentialsIdentity, limited).fix?.snippet?.text).toMatch(
      /"name":"agent-only-aws-and-dns".*"port":443.*"port":53/,
    );
    expect(
      ask(
        credentialsIdentity,
        failing(
          `An error occurred (AccessDenied) when calling the GetCallerIdentity operation: User: ${session(
            'payments-api',
          )} is not authorized to perform: sts:GetCallerIdentity with an explicit deny in a VPC endpoint policy`,
        ),
      ),
    ).toMatchObject({ status: 'pass' });
  });
});

describe('credentials.imds', () => {
  it.each([
    [
      {
        exitCode: 0,
        text: 'arn:aws:sts::111122223333:assumed-role/nodes/i-0abc',
      },
      'note',
    ],
    [{ exitCode: 253, text: 'Unable to locate credentials.' }, 'pass'],
    [undefined, 'skip'],
  ])('%#', (imds, status) => {
    expect(
      ask(credentialsImds, {
        podRun: known(run({ imds })),
        nodes: denied,
        pods: denied,
      }).status,
    ).toBe(status);
  });

  it('names the role of the node, where AWS names one', () => {
    const arn = 'arn:aws:sts::111122223333:assumed-role/nodes/i-0abc';
    const seen = (text: string) =>
      ask(credentialsImds, {
        podRun: known(run({ imds: { exitCode: 0, text } })),
        nodes: known([node('node-1', { instanceId: 'i-0abc' })]),
        pods: known([]),
      });
    const named = {
      status: 'note',
      message:
        'The pod can still obtain the role of its node (nodes) from the instance metadata service.',
      observed: arn,
    };
    expect(seen(`${arn}\n`)).toMatchObject(named);
    expect(seen(JSON.stringify({ Arn: arn }))).toMatchObject(named);
    expect(seen(arn).fix?.cause).toMatch(
      /programs with the SDKs for JavaScript v2 and Java v2 go on as the node/,
    );
    expect(seen(arn).fix?.snippet?.text).toBe(
      'aws ec2 modify-instance-metadata-options --region eu-west-1 --instance-id i-0abc --http-tokens required --http-put-response-hop-limit 1',
    );
    expect(seen('')).toMatchObject({
      status: 'note',
      message:
        'The pod can still obtain the role of its node from the instance metadata service.',
    });
  });

  it('is skipped where app-config does not ask for it', () => {
    const cluster = { ...context.cluster, probe: { checkImds: false } };
    const podRun = lacking({ kind: 'blocked', sentence: 'No room.' });
    expect(
      credentialsImds.evaluate({ podRun }, { ...context, cluster }),
    ).toMatchObject({ status: 'skip' });
    expect(ask(credentialsImds, { podRun }).status).toBe('unknown');
    const imds = { exitCode: 0, text: '' };
    expect(
      credentialsImds.evaluate(
        { podRun: known(run({ imds })) },
        { ...context, cluster },
      ),
    ).toMatchObject({
      status: 'skip',
      message: 'Not checked: probe.checkImds is not set for this cluster.',
    });
  });
});
