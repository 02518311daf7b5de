import { AGENT_IPV4, AGENT_IPV6 } from '../framework/addresses';
import type { PodFact } from '../framework/facts/workloads';
import { bash, type Command, kubectl } from '../../text/bash';
import { byOwner, counts, templated } from '../framework/workloadsOf';

/** Lets pods with security groups of their own reach their node. */
const CNI = { kind: 'daemonset', name: 'aws-node', namespace: 'kube-system' };
export const STANDARD_MODE_COMMANDS = [
  kubectl(
    'set env',
    CNI,
  )`-c aws-node POD_SECURITY_GROUP_ENFORCING_MODE=standard`,
  kubectl('rollout status', CNI)``,
];

/** Adds the agent to what takes no proxy. The shell reads what is there, so that no report has to hold it. */
export function proxyCommands(
  pods: readonly PodFact[],
  namespace: string,
): Command[] {
  return templated(byOwner(pods)).flatMap(({ kind, name, pods: [pod] }) => {
    const get = kubectl('get', { namespace });
    const setEnv = kubectl('set env', { kind, name, namespace });
    return pod.containers
      .filter(one => one.proxied === 'yes' && counts(one))
      .flatMap(({ name: container, kind: is, proxyException: variable }) => {
        const list =
          is === 'sidecar' || is === 'init' ? 'initContainers' : 'containers';
        const path = `jsonpath={.spec.template.spec.${list}[?(@.name=="${container}")].env[?(@.name=="${variable}")].value}`;
        return [
          bash`now="$(${get`${`${kind.toLowerCase()}/${name}`} -o ${path}`})"`,
          setEnv`-c ${container} "${variable}=\${now:+$now,}${AGENT_IPV4},[${AGENT_IPV6}]"`,
        ];
      });
  });
}
