import { RESTARTED_AT } from '../../kubernetes/workloads';

/** A pod of `api`; the last character of its name tells its template. */
export function podOf(
  name: string,
  { kind = 'Deployment', mark = '', ...more }: any = {},
) {
  const owner =
    kind === 'Deployment'
      ? { kind: 'ReplicaSet', name: `api-${name.at(-1)}` }
      : { kind, name: 'api' };
  return {
    metadata: {
      name,
      labels: {
        [kind === 'Deployment'
          ? 'pod-template-hash'
          : 'controller-revision-hash']: name.at(-1),
      },
      annotations: mark ? { [RESTARTED_AT]: mark } : undefined,
      ownerReferences: [{ controller: true, ...owner, ...more.owner }],
      creationTimestamp: more.made ?? '2026-12-01T08:00:00Z',
    },
    spec: more.node ? { nodeName: more.node } : {},
    status: more.status ?? {},
  } as any;
}
/** Of a pod whose container waits. */
export const waiting = (reason: string) => ({
  containerStatuses: [{ name: 'app', state: { waiting: { reason } } }],
});
