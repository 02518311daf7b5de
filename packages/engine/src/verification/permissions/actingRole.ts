import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';

/** The role with which the pod ran, as far as it could be read. */
export interface ActingRole {
  arn: string;
  role: Role | undefined;
  /** Names of its inline policies. */
  inline: readonly string[];
  /** Names of policies that the portal gave it and that were taken away since. */
  lost: readonly string[];
  association: Association;
}
