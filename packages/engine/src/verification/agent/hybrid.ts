import type { NodeFact } from '../framework/facts/agent';
import type { Fix } from '../framework/fix';
import { type AgentOwner, configure } from './trouble';

/** Hybrid nodes have an agent DaemonSet of their own, those with Bottlerocket another one. */
export function hybridFix(
  { bottlerocket }: Pick<NodeFact, 'bottlerocket'>,
  owner: AgentOwner,
): Fix {
  const set = bottlerocket ? 'hybrid-bottlerocket' : 'hybrid';
  const since = bottlerocket ? 'v1.3.7-eksbuild.2' : 'v1.3.3-eksbuild.1';
  return {
    cause: `Hybrid nodes${
      bottlerocket ? ' with Bottlerocket' : ''
    } have an agent DaemonSet of their own, which is off by default.`,
    ...configure(
      owner,
      { daemonsets: { [set]: { create: true } } },
      `Turn it on, with version ${since} of the add-on or later`,
    ),
  };
}
