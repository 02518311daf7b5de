import { apart } from '../../text/bash';
import { defineCheck, pass, skip } from '../framework/check';
import { type Lack, valueOf } from '../framework/fact';
import type { FactTypes } from '../framework/facts';
import type { Fix } from '../framework/fix';
import type { KubernetesRight } from '../framework/rights';
import { lacking, lacksOf } from './portalLacks';
import { rbacSnippet } from './rightsSnippets';
import { noKubernetes } from './askKubernetes';
import { capitalised } from '../../text/capitalised';
import { type Voice, voiceOf } from '../../text/voice';

/** A run acts under two roles, and the cluster has to admit both. */
function admitting(fixes: readonly Fix[]): Fix {
  const unique = (texts: string[]) => [...new Set(texts)];
  // A bundle of an earlier engine has the text alone.
  const commands = fixes.flatMap(
    ({ snippet, commands: own }) =>
      own ?? (snippet ? { text: snippet.text, needs: [], edits: [] } : []),
  );
  return {
    cause: unique(fixes.map(({ cause }) => cause)).join(' '),
    actions: unique(fixes.flatMap(({ actions }) => actions)),
    commands: apart([
      ...new Map(commands.map(one => [one.text, one] as const)).values(),
    ]),
  };
}

/** What is known of the endpoint decides why nothing answers there. */
function unreachedFix(
  fix: Fix,
  endpoint: FactTypes['cluster'] | undefined,
): Fix {
  if (!endpoint) return fix;
  const { endpointPublicAccess, publicAccessCidrs } = endpoint;
  if (!endpointPublicAccess) {
    return {
      ...fix,
      cause: `${
        fix.cause
      } The endpoint is private: it can be reached only from the VPC of the cluster${
        endpoint.vpcId ? ` (${endpoint.vpcId})` : ''
      } and networks connected to it.`,
    };
  }
  return publicAccessCidrs.includes('0.0.0.0/0') || !publicAccessCidrs.length
    ? fix
    : {
        ...fix,
        cause: `${
          fix.cause
        } From outside the VPC the endpoint takes connections from ${publicAccessCidrs.join(
          ', ',
        )} only.`,
      };
}

function fixOf(
  lacks: readonly Lack[],
  rights: readonly KubernetesRight[],
  endpoint: FactTypes['cluster'] | undefined,
  { my }: Voice,
): Fix | undefined {
  const refused = lacks.flatMap(({ unauthorized, fix }) =>
    unauthorized && fix ? [fix] : [],
  );
  if (refused.length) return admitting(refused);
  if (rights.length) {
    return {
      cause: `RBAC of the cluster does not give ${my} groups these rights.`,
      actions: ['Apply these rules and bindings with kubectl apply -f.'],
      snippet: rbacSnippet(rights),
    };
  }
  const other = lacks.find(({ fix }) => fix);
  return other?.fix && other.unreached
    ? unreachedFix(other.fix, endpoint)
    : other?.fix;
}

/** Needed at no level, like `access.aws`. */
export const accessKubernetes = defineCheck({
  id: 'access.kubernetes',
  category: 'access',
  title: 'The cluster can be read',
  question:
    'Does the cluster admit the role that verifies, and let it read what the checks need?',
  neededBy: [],
  needs: [],
  uses: [
    'cluster',
    'namespace',
    'serviceAccount',
    'pods',
    'nodes',
    'agentDaemonSets',
    'agentPods',
    'podRights',
  ],
  evaluate(
    { podRights, cluster: endpoint, ...facts },
    { cluster, ref, probe },
  ) {
    if (cluster.kubernetes.access === 'none') {
      return skip(noKubernetes(cluster).sentence);
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
        sentence: `${capitalised(
          voiceOf(cluster).me,
        )} is not allowed to ${missing.join(', ')} pods in namespace ${
          ref.namespace
        }, which ${probe === 'pod' ? 'the probe' : 'the dry run'} needs.`,
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
    return lacking(
      lacks,
      fixOf(lacks, rights, valueOf(endpoint), voiceOf(cluster)),
    );
  },
});
