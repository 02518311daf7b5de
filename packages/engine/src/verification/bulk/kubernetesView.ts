import type { V1Pod, V1ServiceAccount } from '@kubernetes/client-node';
import type { Collecting, Collectors } from '../facts/collecting';
import type { Fact } from '../facts/fact';
import { andThen, askKubernetes } from '../facts/kubernetes';
import { IRSA_ANNOTATION, podFact, serves } from '../facts/kubernetesWorkload';

/** Asks once, answers everybody with the same. */
function once<K, T>(
  ask: (key: K, collecting: Collecting) => Promise<T>,
): (key: K, collecting: Collecting) => Promise<T> {
  const asked = new Map<K, Promise<T>>();
  return (key, collecting) => {
    const before = asked.get(key);
    if (before) return before;
    const answer = ask(key, collecting);
    asked.set(key, answer);
    return answer;
  };
}

/** What a sweep sees of Kubernetes: pods and accounts are listed once for each namespace, not for each ref. */
export function kubernetesView(): Pick<Collectors, 'pods' | 'serviceAccount'> {
  const pods = once<string, Fact<V1Pod[]>>((namespace, c) =>
    askKubernetes(
      c,
      c.read,
      { verb: 'list', resource: 'pods', namespace },
      (kubernetes, signal) => kubernetes.listPods({ namespace }, { signal }),
    ),
  );
  const accounts = once<string, Fact<V1ServiceAccount[]>>((namespace, c) =>
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
      const { namespace, serviceAccount } = c.request.ref;
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
      const { namespace, serviceAccount } = c.request.ref;
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
