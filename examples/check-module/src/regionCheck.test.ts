import { checkHarness } from 'eks-pod-identity-engine/testUtils';
import { regionCheck } from './regionCheck';

const podWith = (...regions: string[]) => ({
  name: 'api-1',
  labels: {},
  phase: 'Running',
  owner: { kind: 'Deployment', name: 'api' },
  containers: [
    { name: 'app', kind: 'container' as const, injected: true, regions },
  ],
});

describe('the check of the region', () => {
  it('passes in the region of the cluster', async () => {
    const pods = [podWith('AWS_REGION eu-west-1')];
    const { status } = await checkHarness({ pods }).run(regionCheck);
    expect(status).toBe('pass');
  });

  it('warns of another one, and names the pods', async () => {
    const pods = [podWith('AWS_REGION us-east-1')];
    expect(await checkHarness({ pods }).run(regionCheck)).toMatchObject({
      status: 'warn',
      observed: 'api-1',
    });
  });

  it('does not know without the pods', async () => {
    const { status } = await checkHarness().run(regionCheck);
    expect(status).toBe('unknown');
  });
});
