import type { AccessVerdict } from 'backstage-plugin-eks-pod-identity-common';

/** What the portal says where it makes no move, by what the look has found. */
export const REFUSED_AS: Partial<Record<AccessVerdict, RegExp>> = {
  unknown: /no pod of it runs now/,
  broken: /does not let it in by IRSA/,
  'needs-owner':
    /ask its owner to add \{.*pods\.eks\.amazonaws\.com|asks for aws:SourceVpc, .* for its owner to say/,
  'needs-target': /not allowed to use the role arn:aws:iam::4444/,
};
