import type {
  AssociateInput,
  AssociateResult,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Store } from '../../store';
import { queuedAssociate } from '../../store/__testUtils__/queuedAssociate';
import type { NewOperationRecord } from '../../store/operationRecord';

let count = 0;

/** This portal has just associated a service account with a role, which changed something. */
export async function associated(
  store: Store,
  ref: ServiceAccountRef,
  roleArn: string,
  more: {
    holder?: NewOperationRecord['holder'];
    input?: Partial<AssociateInput>;
  } = {},
): Promise<void> {
  count += 1;
  const id = `associate-${String(count).padStart(4, '0')}`;
  const { cluster: clusterName, ...own } = ref;
  const input = { clusterName, ...own, roleArn, ...more.input };
  await store.operations.insert(
    queuedAssociate(id, ref, { ...more, input: input as AssociateInput }),
  );
  const result = {
    kind: 'associate',
    applied: true,
    changed: true,
    roleArn,
  } as AssociateResult;
  await store.transaction((tx, { operations }) =>
    operations.finish([id], { state: 'succeeded', seq: 1, result }, tx),
  );
}
