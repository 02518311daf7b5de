import { known } from '../framework/fact';
import { collectAgentPods } from './kubernetesAgent';

it('collects the pods of every DaemonSet of an agent without the label of the add-on, each once', async () => {
  const [a, b] = ['a', 'b'].map(name => ({ metadata: { name } }));
  const pods: Record<string, object[]> = { 'app=amd': [a], app: [a, b] };
  const listPods = async ({ labelSelector = '' }) => pods[labelSelector] ?? [];
  const sets = Object.keys(pods).map(selector => ({ selector }));
  const found = await collectAgentPods({
    read: {
      cluster: { kubernetes: { access: 'auto' } },
      kubernetes: async () => ({ listPods }),
    },
    get: async (name: string) =>
      known(name === 'agentDaemonSets' ? sets : undefined),
    signal: new AbortController().signal,
  } as any);
  expect(found).toMatchObject({ value: [{ name: 'a' }, { name: 'b' }] });
});
