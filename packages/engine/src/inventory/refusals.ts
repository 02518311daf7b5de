import { isOpenByTag, namespaceRefusal } from '../guardrails';
import { capitalised } from '../text/capitalised';
import { fullStop } from '../text/fullStop';
import { valueOf } from '../verification/framework/fact';
import type { AccessFacts } from './facts';
import type { Account } from './roads';

/** Of a cluster; Service Quotas raises it for nobody ("Learn how EKS Pod Identity works", EKS user guide). */
const MOST_ASSOCIATIONS = 5_000;

/** What refuses an association that would work: EKS, or a portal by its guardrails. Sentences. */
export function refusals(
  { namespace }: Account,
  { associations, cluster }: AccessFacts,
  roleArn: string,
): string[] {
  const count = valueOf(associations)?.size ?? 0;
  const { editor } = cluster;
  const closed =
    cluster.namespaces &&
    namespaceRefusal(namespace, {
      id: cluster.id,
      namespaces: cluster.namespaces,
    });
  return [
    ...(closed ? [fullStop(capitalised(closed))] : []),
    ...(editor && !isOpenByTag(roleArn, editor)
      ? [
          `${capitalised(
            editor.voice.me,
          )} gives no workload this role: it governs the account or is ${
            editor.voice.my
          } own.`,
        ]
      : []),
    ...(count === MOST_ASSOCIATIONS
      ? [
          `The cluster has ${count.toLocaleString(
            'en-US',
          )} associations, and EKS allows no more.`,
        ]
      : []),
  ];
}
