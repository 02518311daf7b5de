import { mockServices } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { readProviderConfig } from './readProviderConfig';

const read = (eksPodIdentity?: JsonObject) =>
  readProviderConfig(
    mockServices.rootConfig({
      data: {
        catalog: { providers: { ...(eksPodIdentity && { eksPodIdentity }) } },
      },
    }),
  );

describe('what app-config says of the provider', () => {
  it('leaves it off where it says nothing', () => {
    expect(read()).toBeUndefined();
  });

  it('needs the owner alone', () => {
    expect(read({ owner: 'platform' })).toEqual({
      owner: 'group:default/platform',
      showRoleNames: false,
      schedule: {
        frequency: { minutes: 10 },
        timeout: { minutes: 5 }, // wall time: of a task that no test runs
        initialDelay: { seconds: 15 },
      },
    });
    expect(() => read({})).toThrow(/owner/);
    expect(() => read({ owner: 'group:' })).toThrow(
      'catalog.providers.eksPodIdentity.owner must be a group or user',
    );
  });

  it('has a schedule like every other provider', () => {
    const schedule = {
      frequency: { hours: 1 },
      timeout: { minutes: 1 }, // wall time: of a task that no test runs
    };
    expect(read({ owner: 'user:default/ada', schedule })).toMatchObject({
      owner: 'user:default/ada',
      schedule,
    });
  });
});
