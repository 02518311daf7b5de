import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';

/** As Kubernetes takes them: none needs quotes in a shell. */
const NAME = /^[a-z0-9.-]+$/;

/**
 * The line that tries an identity by hand: a pod under its service account that says who AWS takes it for, and goes.
 * Undefined where a name is none that Kubernetes takes. Needs the right to create pods there; the context of kubectl has
 * to be that of the cluster.
 */
export function shellLineFor({
  namespace,
  serviceAccount,
}: ServiceAccountRef): string | undefined {
  if (![namespace, serviceAccount].every(name => NAME.test(name))) {
    return undefined;
  }
  const overrides = JSON.stringify({
    spec: { serviceAccountName: serviceAccount },
  });
  return `kubectl --namespace ${namespace} run try-aws --rm --stdin --tty --restart=Never --image=public.ecr.aws/aws-cli/aws-cli --overrides='${overrides}' -- sts get-caller-identity`;
}
