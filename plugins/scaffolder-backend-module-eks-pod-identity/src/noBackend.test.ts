import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { target } from './__testUtils__/samples';
import {
  component,
  startScaffolder,
  templateOf,
  TestScaffolder,
  userEntity,
} from './__testUtils__/scaffolder';

const ANA = 'user:default/ana';
const ACTIONS = ['associate', 'verify', 'teardown', 'migrate', 'rollback'];
const entities = [
  userEntity('ana'),
  component('payments-api', ANA),
  ...ACTIONS.map(kind =>
    templateOf(kind, {
      steps: [
        {
          id: kind,
          name: kind,
          action: `eks:pod-identity:${kind}`,
          input: target,
        },
      ],
    }),
  ),
];

let scaffolder: TestScaffolder | undefined;
afterEach(async () => {
  await scaffolder?.stop();
  scaffolder = undefined;
});

it('says that the backend cannot be reached, and why', async () => {
  const closed = createServer();
  await new Promise<void>(resolve => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise(resolve => closed.close(resolve));
  scaffolder = await startScaffolder({
    entities,
    features: [
      createServiceFactory({
        service: coreServices.discovery,
        deps: {},
        factory: () => ({
          getBaseUrl: async id => `http://127.0.0.1:${port}/api/${id}`,
          getExternalBaseUrl: async id => `http://127.0.0.1:${port}/api/${id}`,
        }),
      }),
    ],
  });
  const task = await scaffolder.run('template:default/associate', {}, ANA);
  expect(task.error).toMatchObject({
    name: 'ServiceUnavailableError',
    message: expect.stringMatching(/cannot be reached: .*ECONNREFUSED/),
  });
});

describe('without the backend plugin', () => {
  it.each(ACTIONS)('%s says what is missing and how to add it', async kind => {
    scaffolder = await startScaffolder({ entities });
    const task = await scaffolder.run(`template:default/${kind}`, {}, ANA);
    expect(task.error).toMatchObject({
      name: 'NotImplementedError',
      message: expect.stringContaining(
        'Add backstage-plugin-eks-pod-identity-backend',
      ),
    });
  });
});
