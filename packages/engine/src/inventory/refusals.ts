import { closedBy, isOpenByTag } from '../guardrails';
import { capitalised } from '../text/capitalised';
import { valueOf } from '../verification/framework/fact';
import type { AccessFacts } from './facts';

/** Of a cluster ("Learn how EKS Pod Identity works", EKS user guide). Where AWS has raised it, the limit is not known. */
const MOST_ASSOCIATIONS = 5_000;

/** Why EKS refuses a further association; a sentence. */
export function refusalOfEks({
  associations,
}: AccessFacts): string | undefined {
  const count = valueOf(associations)?.size ?? 0;
  return count >= MOST_ASSOCIATIONS
    ? `The cluster has ${count.toLocaleString(
        'en-US',
      )} associations, and EKS allows no more unless its limit was raised.`
    : undefined;
}

/** Why a portal refuses by its guardrails what works by hand; a sentence. */
export function refusalOfPortal(
  namespace: string,
  { cluster }: Pick<AccessFacts, 'cluster'>,
  roleArn: string,
): string | undefined {
  const { editor, id, namespaces } = cluster;
  const rule = editor && namespaces && closedBy(namespace, namespaces);
  if (rule) {
    return `${capitalised(
      editor.voice.me,
    )} makes no changes in namespace ${namespace} of cluster ${id}: ${rule}.`;
  }
  return editor && !isOpenByTag(roleArn, editor)
    ? `${capitalised(
        editor.voice.me,
      )} never gives this role to a workload, because it governs the account or is one of ${
        editor.voice.my
      } own.`
    : undefined;
}
