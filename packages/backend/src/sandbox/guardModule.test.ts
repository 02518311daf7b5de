import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { sandboxGuardModule } from './guardModule';

describe('sandboxGuardModule', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  async function start(sandbox: { enabled: boolean } | undefined, env: object) {
    for (const name of Object.keys(process.env)) {
      if (name.startsWith('AWS_')) delete process.env[name];
    }
    Object.assign(process.env, env);
    const backend = await startTestBackend({
      features: [
        sandboxGuardModule,
        mockServices.rootConfig.factory({
          data: sandbox ? { sandbox } : {},
        }),
      ],
    });
    await backend.stop();
  }

  it.each([
    {},
    { AWS_ENDPOINT_URL: 'https://eks.eu-west-1.amazonaws.com' },
    {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_ENDPOINT_URL_STS: 'https://sts.amazonaws.com',
    },
  ])('keeps a sandbox from starting with %j', async env => {
    await expect(start({ enabled: true }, env)).rejects.toThrow(
      /sandbox\.enabled: true, but its AWS calls could leave this machine/,
    );
  });

  it('lets a sandbox start on loopback', async () => {
    await expect(
      start({ enabled: true }, { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }),
    ).resolves.toBeUndefined();
  });

  it.each([undefined, { enabled: false }])(
    'does nothing if the portal is not a sandbox (%j)',
    async sandbox => {
      await expect(start(sandbox, {})).resolves.toBeUndefined();
    },
  );
});
