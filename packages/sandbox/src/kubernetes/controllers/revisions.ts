import { KubeObject } from '../types';
import { InternalClient } from './client';
import { controllerOf, ownerReference } from './ownership';

const RESOURCE = 'controllerrevisions';

const revisionsOf = (client: InternalClient, { metadata }: KubeObject) =>
  client
    .list(RESOURCE, metadata.namespace)
    .filter(object => controllerOf(object)?.uid === metadata.uid);

/** Keeps the template of a StatefulSet or DaemonSet, to which `kubectl rollout undo` goes back. */
export async function recordRevision(
  client: InternalClient,
  set: KubeObject,
  name: string,
): Promise<void> {
  const { namespace } = set.metadata;
  const all = revisionsOf(client, set);
  const newest = Math.max(0, ...all.map(({ revision }) => revision));
  const known = all.find(({ metadata }) => metadata.name === name);
  if (known?.revision === newest) return;
  if (known) {
    await client.change(RESOURCE, namespace, name, object => {
      object.revision = newest + 1;
    });
    return;
  }
  const { template } = set.spec;
  await client.create(RESOURCE, namespace, {
    metadata: {
      name,
      labels: { ...template.metadata?.labels },
      ownerReferences: [ownerReference(set)],
    },
    data: { spec: { template: { ...template, $patch: 'replace' } } },
    revision: newest + 1,
  });
}

/** The template of a revision; that of the set where the revision is gone. */
export function templateOf(
  client: InternalClient,
  set: KubeObject,
  revision: string,
) {
  const found = client.get(RESOURCE, set.metadata.namespace, revision);
  if (!found) return set.spec.template;
  const { $patch, ...template } = found.data.spec.template;
  return template;
}
