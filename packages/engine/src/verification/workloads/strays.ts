import {
  MANAGED_BY,
  MANAGED_BY_LABEL,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Collecting, Collector } from '../framework/collecting';
import { valueOf } from '../framework/fact';
import { andThen } from '../access/askKubernetes';
import { podFact, podsWhere, serves } from './kubernetesWorkload';
import type { StrayFact } from '../framework/facts/workloads';

/** Labels that name what a pod belongs to; the first is Backstage's own. */
const NAMING_LABELS = [
  'backstage.io/kubernetes-id',
  'app.kubernetes.io/name',
  'app.kubernetes.io/instance',
  'app',
];

/** The name of the component that the identity is for, as far as anything tells. */
export async function componentName(
  c: Pick<Collecting, 'get'>,
  asked: string | undefined,
): Promise<string | undefined> {
  const association = valueOf(await c.get('association'));
  const entityRef = asked ?? association?.tags[MARK_TAGS.entityRef];
  return entityRef?.split('/').pop();
}

/** The names for which `evidenceOf` may find something. */
export const namesIn = (
  labels: Record<string, string>,
  owner: StrayFact['owner'],
): string[] => [owner.name, ...NAMING_LABELS.flatMap(one => labels[one] ?? [])];

/** Why pods with these labels seem to belong to that name; undefined if nothing says so. */
export function evidenceOf(
  labels: Record<string, string>,
  owner: StrayFact['owner'],
  name: string,
): string | undefined {
  const label = NAMING_LABELS.find(one => labels[one] === name);
  if (label) return `label ${label}=${name}`;
  return owner.kind !== 'Pod' && owner.name === name ? 'its name' : undefined;
}

/** Running pods under another service account that seem to belong to this identity, by label or owner. */
export const collectStrays: Collector<'strays'> = async c => {
  const { serviceAccount } = c.request.ref;
  const component = await componentName(c, c.request.entityRef);
  return andThen(
    await podsWhere(c, `spec.serviceAccountName!=${serviceAccount}`),
    pods =>
      pods.filter(serves).flatMap((pod): StrayFact[] => {
        const actual = pod.spec?.serviceAccountName ?? 'default';
        const ours = pod.metadata?.labels?.[MANAGED_BY_LABEL] === MANAGED_BY;
        if (actual === serviceAccount || ours) return [];
        const { labels, owner } = podFact(pod);
        const byAccount = evidenceOf(labels, owner, serviceAccount);
        const evidence =
          byAccount ?? (component && evidenceOf(labels, owner, component));
        return evidence
          ? [
              {
                owner,
                serviceAccount: actual,
                evidence,
                namedAsAccount: byAccount !== undefined,
              },
            ]
          : [];
      }),
  );
};
