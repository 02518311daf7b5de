import { AGENT_IPV4, AGENT_IPV6 } from '../framework/addresses';
import type { PodFact } from '../framework/facts/workloads';
import { bash } from '../framework/shell';
import { byOwner, templated } from '../framework/workloadsOf';

/** Lets pods with security groups of their own reach their node. */
export const STANDARD_MODE_COMMAND =
  'kubectl -n kube-system set env daemonset/aws-node -c aws-node POD_SECURITY_GROUP_ENFORCING_MODE=standard';

/** Adds the agent to what takes no proxy. The shell reads what is there, so that no report has to hold it. */
export function proxyCommand(
  pods: readonly PodFact[],
  namespace: string,
): string {
  const lines = templated(byOwner(pods)).flatMap(
    ({ kind, name, pods: [pod] }) =>
      pod.containers
        .filter(({ proxied }) => proxied === 'yes')
        .flatMap(({ name: container, proxyException: variable }) => {
          const workload = `${kind.toLowerCase()}/${name}`;
          const path = `jsonpath={.spec.template.spec.containers[?(@.name=="${container}")].env[?(@.name=="${variable}")].value}`;
          const command = bash`kubectl -n ${namespace} get ${workload} -o ${path}`;
          return [
            `now="$(${command})"`,
            `${bash`kubectl -n ${namespace} set env ${workload} -c ${container}`} "${variable}=\${now:+$now,}${AGENT_IPV4},[${AGENT_IPV6}]"`,
          ];
        }),
  );
  return lines.join('\n');
}
