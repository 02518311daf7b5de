import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { dual } from './__testUtils__/accessCase';
import { AccessWorld } from './__testUtils__/AccessWorld';

describe('a nightly job, over the wire', () => {
  let world: VerifyWorld;
  let access: AccessWorld;

  beforeAll(async () => {
    world = await VerifyWorld.start();
    access = new AccessWorld(world);
    const role = dual(access, 'nightly');
    await access.runs('nightly', { role, kind: 'CronJob' });
    access.record('nightly', { userAgent: 'Boto3/1.44.8 md/Botocore#1.44.8' });
  });
  afterAll(() => world.stop());

  const rowOf = async () => (await access.rows()).get('nightly')!;

  it('is not known before it has run', async () => {
    expect(await rowOf()).toMatchObject({
      verdict: 'unknown',
      sentence: expect.stringMatching(/^Cannot tell: no pod of it runs now/),
    });
  });

  it('is ready when it has run and ended', async () => {
    const kube = world.kube();
    const { metadata, spec } = kube.list('cronjobs', 'shop')[0];
    const template = spec.jobTemplate.spec.template;
    const [app] = template.spec.containers;
    await kube.apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: 'nightly-29402100',
        namespace: 'shop',
        ownerReferences: [
          {
            apiVersion: 'batch/v1',
            kind: 'CronJob',
            name: metadata.name,
            uid: metadata.uid,
            controller: true,
          },
        ],
      },
      spec: {
        template: {
          ...template,
          spec: {
            ...template.spec,
            containers: [{ ...app, command: ['sh', '-c', 'true'] }],
          },
        },
      },
    });
    await kube.waitFor(
      'jobs',
      'shop',
      'nightly-29402100',
      job => job?.status?.succeeded === 1,
    );
    expect(await rowOf()).toMatchObject({
      verdict: 'ready',
      pods: 0,
      compute: ['EC2'],
      workloads: ['CronJob nightly'],
    });
  });
});
