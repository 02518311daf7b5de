import type { CheckFix } from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig, CredentialRole } from '../../clusters/types';
import { bash } from '../shell';
import { GROUPS } from '../rights';

/** The session whose token the cluster refused. */
export interface RefusedSession {
  cluster: Pick<ClusterConfig, 'name' | 'region' | 'roles'>;
  role: CredentialRole;
}

const DOES: Record<CredentialRole, string> = {
  read: 'reads',
  verify: 'verifies',
  write: 'writes',
};

/** What to do about a 401: the entry of exactly the role that was refused. */
export function unknownRoleFix(
  { reason }: { reason?: string },
  { cluster, role }: RefusedSession,
): CheckFix {
  if (reason === 'TokenTooLong') {
    return {
      cause: "The portal's own session is too large for a Kubernetes token.",
      actions: [
        'Give the portal a role with fewer session tags; where the portal itself runs under Pod Identity, set disableSessionTags on its own association.',
      ],
    };
  }
  const arn = cluster.roles[role];
  return {
    cause: `The cluster has no access entry for ${
      arn ?? "the portal's role"
    }, under which the portal ${
      DOES[role]
    }, or the entry is of a former role of that name, or the clocks differ.`,
    actions: [
      `Create the access entry with this command; the RBAC rules of ${GROUPS[role]} are in docs/permissions.md.`,
      'If there is an entry, delete it first: it holds the unique id of the role of its time.',
      'A cluster with the authentication mode CONFIG_MAP needs an entry under mapRoles of the aws-auth ConfigMap instead, with the ARN without its path.',
      "Check the clock of the portal's host.",
    ],
    snippet: {
      language: 'bash',
      text: bash`aws eks create-access-entry --cluster-name ${
        cluster.name
      } --region ${cluster.region} \\\n  --principal-arn ${
        arn ?? '<ARN of the role of the portal>'
      } --kubernetes-groups ${GROUPS[role]}`,
    },
  };
}
