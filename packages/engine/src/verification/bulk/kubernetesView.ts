import type { V1Pod, V1ServiceAccount } from '../../kubernetes/objects';
import { Memo } from '../../async/memo';
import type { Fact } from '../facts/fact';
import { andThen, askKubernetes } from '../facts/kubernetes';
import type { AskedFact, FactProviders } from '../types';
import { IRSA_ANNOTATION, podFact, serves } from '../facts/kubernetesWorkload';

type Asked = Pick<AskedFact<'pods'>, 'read' | 'signal' | 'get'>;

/** Lists once per namespace. */
function once<T>(
  ask: (namespace: string, asked: Asked) => Promise<T>,
): (namespace: string, asked: Asked) => Promise<T> {
  const answers = new Memo<string, Promise<T>>();
  return (namespace, asked) =>
    answers.get(namespace, () => ask(namespace, asked));
}

/** Kubernetes facts of a sweep: lists pods and service accounts once per namespace, not per ref. */
export function kubernetesView(): Required<
  Pick<FactProviders, 'pods' | 'serviceAccount'>
> {
  const pods = once<Fact<V1Pod[]>>((namespace, c) =>
    askKubernetes(
      c,
      c.read,
      { verb: 'list', resource: 'pods', namespace },
      (kubernetes, signal) => kubernetes.listPods({ namespace }, { signal }),
    ),
  );
  const accounts = once<Fact<V1ServiceAccount[]>>((namespace, c) =>
    askKubernetes(
      c,
      c.read,
      { verb: 'list', resource: 'serviceaccounts', namespace },
      (kubernetes, signal) =>
        kubernetes.listServiceAccounts(namespace, { signal }),
    ),
  );
  return {
    pods: async c => {
      const { namespace, serviceAccount } = c.ref;
      return andThen(await pods(namespace, c), list =>
        list
          .filter(
            pod =>
              pod.spec?.serviceAccountName === serviceAccount && serves(pod),
          )
          .map(podFact)
          .sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0)),
      );
    },
    serviceAccount: async c => {
      const { namespace, serviceAccount } = c.ref;
      return andThen(await accounts(namespace, c), list => {
        const found = list.find(
          account => account.metadata?.name === serviceAccount,
        );
        if (!found) return null;
        const annotations = found.metadata?.annotations ?? {};
        return {
          name: serviceAccount,
          irsaRoleArn: annotations[IRSA_ANNOTATION],
          labels: found.metadata?.labels ?? {},
          annotations,
        };
      });
    },
  };
}
