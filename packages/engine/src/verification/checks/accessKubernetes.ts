import { defineCheck, pass, skip, unknown } from '../check';
import type { KubernetesRight } from '../rights';
import { lacksOf, sentencesOf } from '../fixes/portalLacks';
import { rbacSnippet } from '../fixes/rights';
import { NO_KUBERNETES } from '../facts/kubernetes';

/** Needed at no level, like `access.aws`. */
export const accessKubernetes = defineCheck({
  id: 'access.kubernetes',
  category: 'access',
  title: 'The portal can read the cluster',
  question:
    'Does the cluster admit the portal, and may it read what the checks need?',
  neededBy: [],
  needs: [],
  uses: [
    'namespace',
    'serviceAccount',
    'pods',
    'nodes',
    'agentDaemonSets',
    'agentPods',
    'podRights',
  ],
  evaluate({ podRights, ...facts }, { cluster, ref, probe }) {
    if (cluster.kubernetes.access === 'none') {
      return skip(NO_KUBERNETES.sentence);
    }
    const refused =
      !podRights.known && podRights.lack.unauthorized ? [podRights] : [];
    const lacks = lacksOf([...Object.values(facts), ...refused]);
    const rights = lacks
      .map(lack => lack.kubernetes)
      .filter((right): right is KubernetesRight => right !== undefined);
    const missing = podRights.known
      ? (['create', 'list', 'watch', 'delete'] as const).filter(
          verb => podRights.value[verb] === false,
        )
      : [];
    if (missing.length) {
      lacks.push({
        kind: 'denied',
        sentence: `The portal is not allowed to ${missing.join(
          ', ',
        )} pods in namespace ${ref.namespace}, which ${
          probe === 'pod' ? 'the probe' : 'the dry run'
        } needs.`,
      });
      rights.push(
        ...missing.map(verb => ({
          verb,
          resource: 'pods',
          namespace: ref.namespace,
          role: 'verify' as const,
        })),
      );
    }
    if (lacks.length === 0) {
      return pass(
        `The cluster's Kubernetes API answered every question about ${ref.namespace}/${ref.serviceAccount}.`,
      );
    }
    const other = lacks.find(lack => lack.fix)?.fix;
    return unknown(sentencesOf(lacks), {
      fix: rights.length
        ? {
            cause:
              "RBAC of the cluster does not give the portal's groups these rights.",
            actions: ['Apply these rules and bindings with kubectl apply -f.'],
            snippet: rbacSnippet(rights),
          }
        : other,
    });
  },
});
