import type { Entity } from '@backstage/catalog-model';
import { ConflictError, NotAllowedError } from '@backstage/errors';
import type { IdentityStatus } from 'backstage-plugin-eks-pod-identity-common';
import {
  component,
  startScaffolder,
  templateOf,
  TestScaffolder,
  userEntity,
} from './__testUtils__/scaffolder';
import { engineStandIn, Script } from './__testUtils__/engineStandIn';
import {
  associateResult,
  failedCheck,
  plan,
  reportOf,
  target,
} from './__testUtils__/samples';

const step = (kind: string, input: object = {}) => ({
  id: kind,
  name: kind,
  action: `eks:pod-identity:${kind}`,
  input: { ...target, ...input } as any,
});

const inPlatform = (entity: Entity): Entity => ({
  ...entity,
  metadata: { ...entity.metadata, namespace: 'platform' },
});

/** How a teardown ends that removed so many things. */
const removes = (count: number): Script => ({
  events: [],
  end: {
    state: 'succeeded',
    result: {
      kind: 'teardown',
      applied: true,
      changed: count > 0,
      removed: Array.from({ length: count }, (_, index) => ({
        kind: 'role',
        name: `role-${index}`,
      })),
      kept: [],
      affectedWorkloads: [],
      plan: { ...plan, kind: 'teardown' },
      warnings: [],
    },
  },
});
const STOPPED = { name: 'Error', message: 'Did not finish, not in time' };
const removalFails: Script = { events: [], end: { state: 'failed' } };

const entities = [
  userEntity('ana'),
  component('payments-api', 'user:default/ana'),
  templateOf('associate', {
    steps: [step('associate')],
    output: {
      text: [
        {
          title: 'Role',
          content: '${{ steps.associate.output.roleArn }}',
        },
      ],
    },
  }),
  inPlatform(
    templateOf('associate-undo', {
      steps: [step('associate', { undoWhenCancelled: true })],
    }),
  ),
  templateOf('associate-undo-failed', {
    steps: [
      step('associate', {
        serviceAccount: `\${{ parameters.serviceAccount or '${target.serviceAccount}' }}`,
        undoWhenFailed: true,
      }),
    ],
  }),
  templateOf('verify-undo-failed', {
    steps: [
      step('verify', {
        failOn: 'inconclusive',
        tryAgain: true,
        undoWhenFailed: true,
      }),
    ],
  }),
  templateOf('teardown', { steps: [step('teardown')] }),
  templateOf('associate-badly', {
    steps: [step('associate', { namespace: 'Pay ments' })],
  }),
  templateOf('verify', {
    steps: [step('verify', { failOn: '${{ parameters.failOn }}' })],
    output: {
      text: [
        { title: 'Report', content: '${{ steps.verify.output.summary }}' },
      ],
    },
  }),
  templateOf('verify-link', {
    steps: [step('verify')],
    output: {
      links: [
        { title: 'Identity', url: '${{ steps.verify.output.identityPath }}' },
      ],
    },
  }),
];
const ANA = 'user:default/ana';

let scaffolder: TestScaffolder | undefined;
afterEach(async () => {
  await scaffolder?.stop();
  scaffolder = undefined;
});

async function startWith(options: Parameters<typeof engineStandIn>[0]) {
  const { plugin, asked } = engineStandIn(options);
  scaffolder = await startScaffolder({ entities, features: [plugin] });
  return { scaffolder, asked };
}

describe('eks:pod-identity:associate', () => {
  const goesWell: Script = {
    events: [
      { type: 'plan', data: plan },
      {
        type: 'step',
        data: {
          id: 'role',
          status: 'done',
          message: 'Role made',
          durationMs: 1200,
        },
      },
      { type: 'log', data: { level: 'warn', message: 'Slow today' } },
    ],
    end: { state: 'succeeded', result: associateResult },
  };

  it('requests the work for the initiator and shows the plan before the first step', async () => {
    const { scaffolder: s, asked } = await startWith({
      script: () => goesWell,
    });
    const task = await s.run('template:default/associate', {}, ANA);

    expect(task.status).toBe('completed');
    expect(asked.initiators).toEqual([ANA]);
    expect(asked.operations[0]).toMatchObject({
      kind: 'associate',
      input: target,
      taskId: task.id,
    });
    expect(asked.operations[0].idempotencyKey).toMatch(
      new RegExp(`^${task.id}:associate:[0-9a-f]{16}$`),
    );
    const log = task.log('associate');
    const at = (text: string) => log.findIndex(line => line.includes(text));
    expect(at('Plan for payments-prod/payments/payments-api:')).toBeGreaterThan(
      -1,
    );
    expect(at('+ create role eks-payments-1234')).toBeGreaterThan(
      at('Plan for'),
    );
    expect(at('✓ Role made (1.2 s)')).toBeGreaterThan(at('+ create role'));
    expect(at('Slow today')).toBeGreaterThan(at('✓ Role made'));
    expect(task.output.text?.[0].content).toBe(associateResult.roleArn);
  });

  it('fails as the engine fails: same class, same sentence', async () => {
    const { scaffolder: s } = await startWith({
      script: () => ({
        events: [],
        end: {
          state: 'failed',
          error: { name: 'ConflictError', message: 'The role is not ours' },
        },
      }),
    });
    const task = await s.run('template:default/associate', {}, ANA);
    expect(task.status).toBe('failed');
    expect(task.error).toMatchObject({
      name: 'ConflictError',
      message: 'The role is not ours',
    });
  });

  it('passes a refusal on', async () => {
    const { scaffolder: s } = await startWith({
      refuse: () => new NotAllowedError('You are not allowed to do this here'),
    });
    const task = await s.run('template:default/associate', {}, ANA);
    expect(task.error).toMatchObject({
      name: 'NotAllowedError',
      message: 'You are not allowed to do this here',
    });
    expect(task.log('associate').join('\n')).not.toMatch(/^\s+at /m);
  });

  it('passes on the error of an exceeded limit, with the same sentence', async () => {
    const { scaffolder: s } = await startWith({
      refuse: () =>
        Object.assign(new Error('Wait until one of them has finished'), {
          name: 'TooManyRequestsError',
          statusCode: 429,
        }),
    });
    const task = await s.run('template:default/associate', {}, ANA);
    expect(task.error).toMatchObject({
      name: 'TooManyRequestsError',
      message: 'Wait until one of them has finished',
    });
  });

  it('refuses malformed input before it sends a request', async () => {
    const { scaffolder: s, asked } = await startWith({
      script: () => goesWell,
    });
    const task = await s.run('template:default/associate-badly', {}, ANA);
    expect(task.error).toMatchObject({
      name: 'InputError',
      message: expect.stringContaining('must be a Kubernetes namespace name'),
    });
    expect(asked.operations).toEqual([]);
  });

  it('shows the real plan in a dry run and starts nothing', async () => {
    const { scaffolder: s, asked } = await startWith({ plan: () => plan });
    const { log } = await s.dryRun(
      templateOf('associate', { steps: [step('associate')] }),
      {},
      ANA,
    );
    expect(asked.plans).toEqual([
      { kind: 'associate', input: target, fresh: true },
    ]);
    expect(asked.operations).toEqual([]);
    expect(log.join('\n')).toContain(
      '+ create role eks-payments-1234 – there is none yet',
    );
    expect(log.join('\n')).toContain('warning: the agent is not installed');
  });

  it('fails a dry run only if the engine refuses to plan', async () => {
    const { scaffolder: s } = await startWith({
      refuse: () => new ConflictError('cannot be planned'),
    });
    await expect(
      s.dryRun(templateOf('a', { steps: [step('associate')] }), {}, ANA),
    ).rejects.toThrow('cannot be planned');
  });

  it('cancels the operation when the task is cancelled, and logs what remains', async () => {
    const { scaffolder: s, asked } = await startWith({
      script: () => ({
        events: [{ type: 'plan', data: plan }],
        farewell: [
          {
            type: 'log',
            data: { level: 'info', message: 'The role stands, nothing else' },
          },
        ],
      }),
    });
    const id = await s.start('template:default/associate', {}, ANA);
    while (asked.operations.length === 0) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    await s.cancel(id, ANA);
    const task = await s.finish(id, ANA);
    expect(asked.cancelled).toEqual(['operation-1']);
    expect(task.log().join('\n')).toContain('The role stands, nothing else');
    expect(task.log().join('\n')).toContain(
      `or the template "Remove a component's AWS identity": http://portal.example.com/create/templates/default/remove-aws-identity?formData=`,
    );
    const [, form] = /formData=(\S+)/.exec(task.log().join('\n'))!;
    expect(
      JSON.parse(new URLSearchParams(`form=${form}`).get('form')!),
    ).toEqual(target);
  });

  it.each([
    [
      'removes',
      removes(1),
      'The quota is full. What this run created is removed.',
    ],
    ['finds nothing', removes(0), 'The quota is full.'],
    ['fails', removalFails, 'The quota is full.'],
  ])(
    'undoes what the task created when the step fails, and the removal %s',
    async (_, removal, said) => {
      const error = { name: 'ConflictError', message: 'The quota is full.' };
      const { scaffolder: s, asked } = await startWith({
        script: ({ kind }) =>
          kind === 'teardown'
            ? removal
            : { events: [], end: { state: 'failed', error } },
      });
      const task = await s.run(
        'template:default/associate-undo-failed',
        {},
        ANA,
      );
      expect(task.error).toMatchObject({ name: error.name, message: said });
      expect(asked.operations.map(({ kind }) => kind)).toEqual([
        'associate',
        'teardown',
      ]);
      expect(asked.operations[1].input).toEqual({
        ...target,
        createdByTask: task.id,
      });
    },
  );

  it('undoes nothing of what was refused before it began', async () => {
    const { scaffolder: s, asked } = await startWith({
      refuse: () => new NotAllowedError('You are not allowed to do this here'),
    });
    const task = await s.run('template:default/associate-undo-failed', {}, ANA);
    expect(task.error?.message).toBe('You are not allowed to do this here');
    expect(asked.operations.map(({ kind }) => kind)).toEqual(['associate']);
  });

  it('undoes each service account of a step by a request of its own', async () => {
    const { scaffolder: s, asked } = await startWith({
      script: ({ kind }) =>
        kind === 'teardown'
          ? removes(1)
          : { events: [], end: { state: 'failed' } },
    });
    const keys = new Set<string | undefined>();
    for (const serviceAccount of ['one', 'two']) {
      asked.operations.length = 0;
      await s.run(
        'template:default/associate-undo-failed',
        { serviceAccount },
        ANA,
      );
      expect(asked.operations).toHaveLength(2);
      keys.add(asked.operations[1].idempotencyKey?.split(':').pop());
    }
    expect(keys.size).toBe(2);
  });

  it.each([
    ['removes', removes(1), 'Cancelled. What this run created is removed.'],
    ['finds nothing', removes(0), 'Cancelled. Nothing was removed.'],
    [
      'fails',
      removalFails,
      'or the template "Remove a component\'s AWS identity": http://portal.example.com/create/templates/platform/remove-aws-identity?',
    ],
  ])(
    'undoes what the task created when it is cancelled so, and the removal %s',
    async (_, removal, said) => {
      const { scaffolder: s, asked } = await startWith({
        script: ({ kind }) => (kind === 'teardown' ? removal : { events: [] }),
      });
      const id = await s.start('template:platform/associate-undo', {}, ANA);
      while (asked.operations.length === 0) {
        await new Promise(resolve => setTimeout(resolve, 10));
      }
      await s.cancel(id, ANA);
      const task = await s.finish(id, ANA);
      while (asked.operations.length < 2) {
        await new Promise(resolve => setTimeout(resolve, 10));
      }
      expect(asked.cancelled).toEqual(['operation-1']);
      expect(asked.operations[0].input).not.toHaveProperty('undoWhenCancelled');
      expect(asked.operations[1]).toMatchObject({
        kind: 'teardown',
        taskId: id,
        input: { ...target, createdByTask: id },
      });
      expect(task.log().join('\n')).toContain(said);
    },
  );
});

describe('eks:pod-identity:verify', () => {
  const finds = (status: IdentityStatus): Script => {
    const checks = status === 'broken' ? [failedCheck] : [];
    const report = reportOf(status, checks);
    return {
      events: checks.map(data => ({ type: 'check' as const, data })),
      end: {
        state: 'succeeded',
        result: {
          kind: 'verify',
          status,
          proof: report.proof,
          passed: 0,
          failed: checks.length,
          reused: false,
          report,
          links: [],
        },
      },
    };
  };

  it.each([
    ['verified', undefined, 'completed'],
    ['looks-right', 'degraded', 'completed'],
    ['no-workload', undefined, 'completed'],
    ['broken', undefined, 'failed'],
    ['broken', 'broken', 'failed'],
    ['broken', 'failed', 'failed'],
    ['broken', 'never', 'completed'],
    ['could-not-check', undefined, 'failed'],
    ['could-not-check', 'broken', 'completed'],
    ['could-not-check', 'inconclusive', 'failed'],
    ['no-pod-has-it', 'broken', 'completed'],
    ['no-pod-has-it', 'inconclusive', 'completed'],
    ['no-pod-has-it', undefined, 'failed'],
    ['restart-needed', undefined, 'failed'],
  ] as const)(
    'report %s with failOn %s: step %s',
    async (found, failOn, ends) => {
      const { scaffolder: s } = await startWith({ script: () => finds(found) });
      const task = await s.run(
        'template:default/verify',
        failOn ? { failOn } : {},
        ANA,
      );
      expect(task.status).toBe(ends);
    },
  );

  it.each([
    [['broken'], ['verify', 'teardown'], 'failed'],
    [['could-not-check', 'verified'], ['verify', 'verify'], 'completed'],
    [['setting-up', 'broken'], ['verify', 'verify', 'teardown'], 'failed'],
    [['could-not-check', 'could-not-check'], ['verify', 'verify'], 'failed'],
    [['restart-needed'], ['verify'], 'completed'],
  ] as [IdentityStatus[], string[], string][])(
    'tries again what gave no answer, and undoes only what is broken: %j',
    async (found, kinds, ends) => {
      const left = [...found];
      const { scaffolder: s, asked } = await startWith({
        script: ({ kind }) =>
          kind === 'teardown' ? removes(1) : finds(left.shift()!),
      });
      const task = await s.run('template:default/verify-undo-failed', {}, ANA);
      expect(task.status).toBe(ends);
      expect(asked.operations.map(({ kind }) => kind)).toEqual(kinds);
      const keys = asked.operations.map(one => one.idempotencyKey);
      expect(new Set(keys).size).toBe(keys.length);
    },
  );

  it.each([
    ['failed', 'not in time', { state: 'failed', error: STOPPED }],
    ['cancelled by others', 'cancelled', { state: 'cancelled' }],
    ['without a result', 'without a result', { state: 'succeeded' }],
    ['refused', 'not allowed', new NotAllowedError('You are not allowed')],
    [
      'refused for now',
      'Wait',
      Object.assign(new Error('Wait'), {
        name: 'TooManyRequestsError',
        statusCode: 429,
      }),
    ],
  ] as [string, string, NonNullable<Script['end']> | Error][])(
    'undoes nothing where the verification ends %s',
    async (_, says, end) => {
      const { scaffolder: s, asked } = await startWith({
        refuse: () => (end instanceof Error ? end : undefined),
        script: () => ({
          events: [],
          ...(end instanceof Error ? {} : { end }),
        }),
      });
      const task = await s.run('template:default/verify-undo-failed', {}, ANA);
      expect(task.error?.message).toContain(says);
      expect(asked.operations.map(({ kind }) => kind)).toEqual(['verify']);
    },
  );

  it('ends a failed step with the broken hop, its fix and the address of the report', async () => {
    const { scaffolder: s } = await startWith({
      script: () => finds('broken'),
    });
    const task = await s.run('template:default/verify', {}, ANA);
    const address = `${s.url}/api/eks-pod-identity/v1/reports/report-1`;

    const log = task.log('verify').join('\n');
    expect(log).toContain('✗ “Trust policy”  failed');
    const sentence = `✗ Broken: ${failedCheck.message}`;
    expect(log).toContain(sentence);
    const [report] = log.split('VerificationFailedError');
    expect(report.split(failedCheck.message)).toHaveLength(2);
    const parts = [
      sentence,
      '  1. Add the statement below to the trust policy.',
      'Then verify again: run the template once more.',
      address,
    ].map(part => log.lastIndexOf(part));
    expect(parts).toEqual([...parts].sort((a, b) => a - b));
    expect(parts).not.toContain(-1);
    expect(task.error).toMatchObject({
      name: 'VerificationFailedError',
      message: `Broken: ${failedCheck.message} ${
        failedCheck.fix!.actions[0]
      } Report: ${address}`,
    });
  });

  it('links to the component’s page if there is one', async () => {
    const { scaffolder: s } = await startWith({
      script: () => {
        const { events, end } = finds('broken');
        if (end?.result?.kind === 'verify') {
          end.result.links = [
            { title: 'Report', url: 'http://portal.example.com/x' },
          ];
        }
        return { events, end };
      },
    });
    const failed = await s.run('template:default/verify', {}, ANA);
    expect(failed.error?.message).toMatch(
      /Report: http:..portal.example.com.x$/,
    );
    const again = 'Then verify again: run the template once more, or choose';
    const log = failed.log('verify').join('\n');
    expect(log).toContain(
      `${again} "Verify now" on http://portal.example.com/x.`,
    );
    const { output } = await s.run(
      'template:default/verify',
      { failOn: 'never' },
      ANA,
    );
    expect(output.text?.[0].content).toContain(
      `${again} "Verify now" on [the page of this identity](http://portal.example.com/x).`,
    );
    expect(log).not.toContain('/api/eks-pod-identity');
  });

  it.each([
    [
      'http://portal.example.com/aws-identities/associations?identity=a%2Fb%2Fc&report=1',
      '/aws-identities/associations?identity=a%2Fb%2Fc',
    ],
    ['http://portal.example.com.x/y', 'http://portal.example.com.x/y'],
  ])('names the page of the identity: %s', async (url, expected) => {
    const { scaffolder: s } = await startWith({
      script: () => {
        const { events, end } = finds('verified');
        if (end?.result?.kind === 'verify') {
          end.result.links = [{ title: 'Report', url }];
        }
        return { events, end };
      },
    });
    const { output } = await s.run('template:default/verify-link', {}, ANA);
    expect(output.links).toEqual([{ title: 'Identity', url: expected }]);
  });

  it('gives the report as Markdown', async () => {
    const { scaffolder: s } = await startWith({
      script: () => finds('verified'),
    });
    const task = await s.run('template:default/verify', {}, ANA);
    expect(task.output.text?.[0].content).toContain('### Verified');
  });

  it('hides the suggestions for the initiator from the outputs and the log', async () => {
    const nearby = [{ ...target, serviceAccount: 'treasury' }].map(
      ({ clusterName, namespace, serviceAccount }) => ({
        cluster: clusterName,
        namespace,
        serviceAccount,
      }),
    );
    const check = { ...failedCheck, id: 'association.exists', nearby };
    const { scaffolder: s } = await startWith({
      script: () => {
        const { end } = finds('broken');
        if (end?.result?.kind === 'verify') end.result.report.checks = [check];
        return { events: [{ type: 'check', data: check }], end };
      },
    });
    const task = await s.run(
      'template:default/verify',
      { failOn: 'never' },
      ANA,
    );
    expect(task.status).toBe('completed');
    // By its title: ids with dots become links in the log
    expect(task.log('verify').join('\n')).toContain(check.title);
    expect(task.log('verify').join('\n')).not.toContain('association.exists');
    expect(JSON.stringify([task.output, task.log()])).not.toContain('treasury');
  });

  it('escapes markup of inputs in a dry run', async () => {
    const { scaffolder: s } = await startWith({});
    const { output } = await s.dryRun(
      templateOf('v', {
        steps: [
          step('verify', {
            permissionChecks: [
              { name: 'list', command: ['<img src=x>', '[x](https://evil)'] },
            ],
          }),
        ],
        output: {
          text: [{ title: 'x', content: '${{ steps.verify.output.summary }}' }],
        },
      }),
      {},
      ANA,
    );
    expect(output.text?.[0].content).toContain(
      '\\<img src=x\\> \\[x\\](https://evil)',
    );
  });

  it('sends no request in a dry run, and never fails one', async () => {
    const { scaffolder: s, asked } = await startWith({});
    const { log } = await s.dryRun(
      templateOf('v', {
        steps: [
          step('verify', {
            namespace: 'Pay ments',
            permissionChecks: [{ name: 'list', command: ['s3', 'ls'] }],
            perNodeGroup: true,
          }),
        ],
      }),
      {},
      ANA,
    );
    const text = log.join('\n');
    expect(text).toContain('would run a short-lived pod');
    expect(text).toContain(
      'would run "aws s3 ls" in the pod (permissions.list)',
    );
    expect(text).toContain('would run one more pod in each other node group');
    expect(text).toContain('The real run would refuse this: namespace must be');
    expect(asked.operations).toEqual([]);
    expect(asked.plans).toEqual([]);
  });
});

describe('eks:pod-identity:teardown', () => {
  it('says in a dry run what would be removed and kept', async () => {
    const { scaffolder: s, asked } = await startWith({
      plan: () => ({
        ...plan,
        kind: 'teardown',
        warnings: [],
        steps: [
          { ...plan.steps[0], change: 'delete', reason: 'it is ours' },
          {
            ...plan.steps[0],
            id: 'sa',
            resource: { kind: 'service-account', name: 'payments-api' },
            change: 'keep',
            owner: 'external',
            reason: 'Helm owns it',
          },
        ],
        affectedWorkloads: [
          { kind: 'Deployment', name: 'payments-api', pods: 2 },
        ],
      }),
    });
    const { output } = await s.dryRun(
      templateOf('t', {
        steps: [step('teardown')],
        output: {
          text: [
            { title: 'x', content: '${{ steps.teardown.output.summary }}' },
          ],
        },
      }),
      {},
      ANA,
    );
    expect(asked.plans[0]).toMatchObject({ kind: 'teardown', fresh: true });
    expect(output.text?.[0].content).toBe(
      [
        'Would be removed from `payments-prod/payments/payments-api`:',
        '',
        '- role `eks-payments-1234`',
        '',
        'Kept:',
        '',
        '- service account `payments-api`: Helm owns it',
        '',
        'Would lose access:',
        '',
        '- Deployment `payments-api` (2 running pods)',
      ].join('\n'),
    );
  });
});
