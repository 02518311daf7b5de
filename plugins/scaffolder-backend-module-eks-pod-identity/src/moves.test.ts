import type { JsonObject } from '@backstage/types';
import { parse } from 'yaml';
import {
  hideCloudTrail,
  putOnIrsa,
  sweepsByHand,
} from './__testUtils__/onIrsa';
import { ANA, SAM, startTestPortal, TestPortal } from './__testUtils__/portal';
import { engineStandIn, Script } from './__testUtils__/engineStandIn';
import {
  component,
  startScaffolder,
  templateOf,
  TestScaffolder,
  userEntity,
} from './__testUtils__/scaffolder';
import { readTemplate } from './__testUtils__/templates';
import { examples as migrate } from './actions/createMigrateAction.examples';
import { examples as rollback } from './actions/createRollbackAction.examples';

/** The examples as templates, in the order in which they make sense one after the other. */
const all = {
  rehearse: migrate[0],
  'move-and-verify': migrate[1],
  'go-on': migrate[2],
  'roll-back': rollback[0],
  'roll-back-broken': rollback[1],
};
const TEMPLATE = 'move-a-component-from-irsa';
const values = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
  entityRef: 'component:default/payments-api',
};

/** Every example and the template, through the real scaffolder and the real engine, against the sandbox. */
describe('rehearse, move, confirm, go back', () => {
  const { feature, sweep } = sweepsByHand();
  let portal: TestPortal;
  let roleArn: string;
  let showCloudTrail: () => void;

  beforeAll(async () => {
    portal = await startTestPortal({
      section: {
        administrators: [SAM],
        evidence: { cloudTrail: true },
        inventory: {},
      },
      features: [feature],
      entities: Object.entries(all).map(([name, { example }]) =>
        templateOf(name, {
          ...parse(example),
          output: {
            text: Object.entries({
              migrate: ['state', 'toConfirm', 'roleArn', 'changed'],
              rehearse: ['state', 'toConfirm', 'roleArn', 'changed'],
              rollback: ['gone', 'changed'],
            }).flatMap(([step, outputs]) =>
              outputs.map(output => ({
                title: output,
                if: `\${{ steps.${step}.output.${output} !== undefined }}`,
                content: `\${{ steps.${step}.output.${output} | dump }}`,
              })),
            ),
          },
        }),
      ),
    });
    roleArn = await putOnIrsa(portal, sweep, SAM);
  });
  afterAll(() => portal?.stop());

  const association = () =>
    portal.sandbox.aws.eks
      .associations('payments-prod')
      .find(({ serviceAccount }) => serviceAccount === 'payments-api');

  async function run(name: string, given: JsonObject = {}) {
    const { result, calls } = await portal.counting(() =>
      portal.scaffolder.run(`template:default/${name}`, given, ANA),
    );
    const said = Object.fromEntries(
      (result.output.text ?? []).map(({ title, content }) => [title, content]),
    );
    return { task: result, calls, said, log: result.log().join('\n') };
  }

  it('leaves no example out', () => {
    expect(Object.values(all)).toHaveLength(migrate.length + rollback.length);
  });

  it('shows the real plan in a dry run, and writes nothing', async () => {
    const { result, calls } = await portal.counting(() =>
      portal.scaffolder.dryRun(
        readTemplate(TEMPLATE),
        { ...values, until: 'moved' },
        ANA,
      ),
    );
    expect(calls.writes).toEqual([]);
    expect(result.log.join('\n')).toContain(
      '+ create association payments-prod/payments/payments-api – ',
    );
    expect(result.output.text).toEqual([
      {
        title: 'How the move stands',
        icon: 'docs',
        content: expect.stringMatching(
          /^The move of payments-prod\/payments\/payments-api was only planned\. Nothing was changed\.\n\n- [^]*create association/,
        ),
      },
    ]);
  });

  it('rehearses, and touches nothing of the workload', async () => {
    const { task, said, log } = await run('rehearse');
    expect(task.error).toBeUndefined();
    expect(said).toEqual({
      state: '"rehearsed"',
      toConfirm: '[]',
      roleArn: JSON.stringify(roleArn),
      changed: 'false',
    });
    expect(log).toContain('Plan for payments-prod/payments/payments-api:');
    expect(log).not.toContain('nothing to do');
    expect(log).toContain(`obtained ${roleArn} by Pod Identity`);
    expect(association()).toBeUndefined();
  });

  it('stops without failing where the owner has to confirm, says what and where, and verifies nothing yet', async () => {
    showCloudTrail = hideCloudTrail(portal.sandbox);
    const { task, said, log } = await run(TEMPLATE, {
      ...values,
      until: 'moved',
    });
    expect(task.error).toBeUndefined();
    expect(task.status).toBe('completed');
    expect(association()).toMatchObject({ roleArn });
    expect(log).toContain(
      'The owner of the component has to confirm that these work by Pod Identity: Deployment payments-api.',
    );
    expect(log).toContain('"It works, go on" on the card');
    expect(task.log('verify')).toContain(
      'Skipping step verify because its if condition was false',
    );
    expect(task.output.links?.map(({ title }) => title)).toEqual([
      'Open the component',
    ]);
    expect(said).toEqual({
      'How the move stands': expect.stringMatching(
        /: Deployment payments-api\. .*It works, go on/s,
      ),
    });
  });

  it('goes on once it is confirmed', async () => {
    const waiting = await run('move-and-verify');
    expect(waiting.said).toMatchObject({
      state: '"moving"',
      toConfirm: '["Deployment payments-api"]',
    });
    const { task, said, log } = await run('go-on');
    expect(task.error).toBeUndefined();
    expect(said).toMatchObject({ state: '"moved"', toConfirm: '[]' });
    expect(log).toContain(
      'Moved: the running pods of payments-prod/payments/payments-api have',
    );
  });

  it('verifies what it sees to have moved', async () => {
    showCloudTrail();
    let last = await run(TEMPLATE, { ...values, until: 'moved' });
    while (last.said['How the move stands'].includes('waits')) {
      await portal.sandbox.clock.advance(60_000);
      last = await run(TEMPLATE, { ...values, until: 'moved' });
    }
    expect(last.task.error).toBeUndefined();
    expect(last.said).toEqual({
      'How the move stands': expect.stringMatching(/^Moved: /),
      Report: expect.stringMatching(/^### Verified/),
    });
    expect(last.task.output.links?.map(({ title }) => title)).toEqual([
      'Open the component',
      'See its AWS identity',
    ]);
  });

  it('goes back, and has nothing to do when it is asked again', async () => {
    const { task, said, log } = await run('roll-back');
    expect(task.error).toBeUndefined();
    expect(said).toEqual({ gone: 'true', changed: 'true' });
    expect(log).toContain(
      'is gone, and no running pod of it uses Pod Identity',
    );
    expect(association()).toBeUndefined();

    const again = await run('roll-back-broken');
    expect(again.task.error).toBeUndefined();
    expect(again.said).toEqual({ gone: 'true', changed: 'false' });
    expect(again.log).toContain('There was nothing to take back');
    expect(again.calls.writes).toEqual([]);
  });
});

describe('the operation of an action that moves', () => {
  let scaffolder: TestScaffolder | undefined;
  afterEach(() => scaffolder?.stop());

  const startWith = async (script: Script) => {
    const { plugin, asked } = engineStandIn({ script: () => script });
    scaffolder = await startScaffolder({
      entities: [
        userEntity('ana'),
        component('payments-api', ANA),
        ...['migrate', 'rollback'].map(kind =>
          templateOf(kind, {
            steps: [
              {
                id: kind,
                name: kind,
                action: `eks:pod-identity:${kind}`,
                input: values,
              },
            ],
          }),
        ),
      ],
      features: [plugin],
    });
    return { portal: scaffolder, asked };
  };

  it('is found again by task, step and service account', async () => {
    const { portal, asked } = await startWith({
      events: [],
      end: {
        state: 'failed',
        error: { name: 'ConflictError', message: 'The gate did not open' },
      },
    });
    const task = await portal.run('template:default/migrate', {}, ANA);
    expect(task.error).toMatchObject({
      name: 'ConflictError',
      message: 'The gate did not open',
    });
    expect(asked.operations[0]).toMatchObject({
      kind: 'migrate',
      input: values,
      taskId: task.id,
    });
    expect(asked.operations[0].idempotencyKey).toMatch(
      new RegExp(`^${task.id}:migrate:[0-9a-f]{16}$`),
    );
  });

  it.each([
    ['migrate', 'to take it back, choose "Roll back" on the card'],
    ['rollback', 'to stay on Pod Identity, run eks:pod-identity:migrate'],
  ])('is cancelled with its task: %s', async (kind, said) => {
    const { portal, asked } = await startWith({ events: [] });
    const id = await portal.start(`template:default/${kind}`, {}, ANA);
    while (asked.operations.length === 0) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    await portal.cancel(id, ANA);
    const task = await portal.finish(id, ANA);
    expect(asked.cancelled).toEqual(['operation-1']);
    expect(task.log().join('\n')).toContain(said);
    expect(task.log().join('\n')).not.toContain('teardown');
  });
});
