import { planScope } from '../__testUtils__/planScope';
import { restartWorkload } from './restartWrites';

describe('a restart', () => {
  const run = (obstacle?: string) => {
    const warnings: string[] = [];
    const deed = restartWorkload(
      planScope({ kubernetes: { access: 'none' } }),
      { kind: 'Deployment', name: 'web', pods: [] },
      { obstacle: () => obstacle } as any,
    );
    const step = {
      warn: (text: string) => warnings.push(text),
      wroteNothing: () => {},
    } as any;
    return { ended: deed.run(step), warnings };
  };

  it('is left out where new pods would not receive the identity', async () => {
    const { ended, warnings } = run('the agent is missing');
    expect(await ended).toBe('Not restarted: the agent is missing');
    expect(warnings).toEqual([
      'Deployment shop/web was not restarted: the agent is missing',
    ]);
  });

  it('fails where the portal has no way to the cluster', async () => {
    await expect(run().ended).rejects.toThrow('kubernetes.access: none');
  });
});
