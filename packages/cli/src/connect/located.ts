import type { EksContext, KubeconfigChoice } from 'eks-pod-identity-engine';
import { CliError } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';
import type { ClusterFlags } from './flags';

/** Flags with the cluster that they mean, which none of them may name. */
export type Located<T extends ClusterFlags = ClusterFlags> = T & {
  /** Of the kubeconfig, where the cluster is its; undefined where --cluster or --config names it. */
  byContext: EksContext | undefined;
};

function contextOf(choice: KubeconfigChoice): EksContext {
  try {
    return libraries.engine.eksContext(choice);
  } catch (error) {
    throw new CliError(
      `Which cluster? ${
        (error as Error).message
      } Or name the cluster with --cluster.`,
    );
  }
}

/**
 * Where no flag names a cluster: the flags with that of the kubeconfig's context, its region, and the AWS profile that
 * kubectl would use. Standard error says which. How Kubernetes is reached stays as the flags say.
 *
 * @throws CliError where the context tells no cluster, or contradicts the flags
 */
export function located<T extends ClusterFlags>(flags: T, io: Io): Located<T> {
  const { cluster, config, kubernetes, kubeconfig, context } = flags;
  if (cluster || config) return { ...flags, byContext: undefined };
  if (kubernetes === 'in-cluster') {
    throw new CliError(
      'Which cluster? With --kubernetes in-cluster, name it with --cluster.',
    );
  }
  const found = contextOf({ file: kubeconfig, context });
  const { region } = found;
  if (region && flags.region && flags.region !== region) {
    throw new CliError(
      `--region ${flags.region} contradicts context "${found.context}" of the kubeconfig, whose cluster ${found.cluster} is in ${region}: leave it out, or name a cluster with --cluster.`,
    );
  }
  const profile = flags.profile ?? found.profile;
  if (!flags.quiet) {
    io.stderr.write(
      `Cluster ${found.cluster}${region ? ` in ${region}` : ''}, from ${
        context === undefined ? 'the current ' : ''
      }context "${found.context}" of the kubeconfig${
        profile && !flags.profile ? `, with its AWS profile ${profile}` : ''
      }.\n`,
    );
  }
  // These reach Kubernetes without the kubeconfig, which was needed for the cluster alone.
  const apart = kubernetes === 'eks' || kubernetes === 'none';
  return {
    ...flags,
    cluster: found.cluster,
    region: flags.region ?? region,
    profile,
    ...(apart ? { kubeconfig: undefined, context: undefined } : {}),
    byContext: found,
  };
}
