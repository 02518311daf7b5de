import type { Role } from '../../../aws/role';
import type { Fact } from '../fact';

/** The second hop: the role's permissions for its target, and the target's trust policy. */
export interface TargetRoleFact {
  arn: string;
  externalId?: string;
  /** The target itself: readable only in the cluster's own account. */
  role: Fact<Role | null>;
  /** Documents of the first role's policies: the inline ones, and the managed ones that could be read. */
  documents: Fact<{ name: string; document: unknown; inline?: true }[]>;
  /** ARNs of its managed policies that the portal could not read. */
  unread: string[];
  /** The first role's permissions boundary, if it has one; without its document where that could not be read. */
  boundary?: { name: string; document?: unknown };
}

/** What the inline policies of the role say that no permission test asks for. */
export interface RoleLimitsFact {
  /** Epoch milliseconds: calls with credentials from before it are denied. */
  revokedAt?: number;
  /** None of its policies allows anything. */
  allowsNothing?: true;
}
