/** The backend plugin in a separate process. It sweeps when asked and says what that took. */
import { coreServices } from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import eksPodIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import { inPlaceOf, startBackend } from '../lib/backend';
import { answerEach } from '../lib/child';
import { measured } from '../lib/measured';

const tasks = new Map<string, (signal: AbortSignal) => unknown>();

const scheduler = inPlaceOf(coreServices.scheduler, {
  scheduleTask: async task => {
    tasks.set(task.id, signal => task.fn(signal));
  },
});

const catalog = inPlaceOf(catalogServiceRef, {
  getEntitiesByRefs: async ({ entityRefs }) => ({
    items: entityRefs.map(ref => ({
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: { name: ref.split('/')[1], namespace: 'default', uid: ref },
      relations: [{ type: 'ownedBy', targetRef: 'group:default/team' }],
    })),
  }),
});

/** Sweeps all clusters, as a scheduler would let it: all tasks are due, and the plugin takes them in turn. */
async function sweep() {
  const due = [...tasks].filter(([id]) => id.startsWith('sweep:'));
  await Promise.all(due.map(([, run]) => run(new AbortController().signal)));
}

answerEach((message: { config?: object }) =>
  message.config
    ? startBackend(message.config, [scheduler, catalog, eksPodIdentityPlugin])
    : measured(sweep),
);
