import type {
  PermissionCheck,
  ProbeLevel,
  IdentityStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import type { LifecycleWorld } from '../../../../../engine/src/lifecycle/__testUtils__/LifecycleWorld';
import type { Shell } from '../shell';

interface Identity {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

/** What others do; says what it was. */
export type Deed = (after: {
  world: LifecycleWorld;
  shell: Shell;
  ref: Identity;
  said: string;
  /** The fix that is printed. */
  command: string;
}) => Promise<string>;

/** What a verification has to say of a scenario, and what repairs it. */
export interface Expected {
  /** Check at the head of the report. */
  cause?: string;
  status: IdentityStatus;
  /** In its message or its cause. */
  says: RegExp;
  /**
   * How the report's fix is done: the command that it prints (default), the portal's template, waiting, or a deed of
   * others, such as AWS or the owner of the manifest; `none` where nothing is to be fixed.
   */
  repair?: 'command' | 'template' | 'wait' | 'none' | Deed;
  /** What is tried instead of a verification. */
  operation?: 'associate' | 'teardown';
  /** The operation does not fail. */
  succeeds?: boolean;
  /** An identity that the portal makes before it is broken, in place of the usual one. */
  given?: string;
  /** For the reader of these tables: why the fix is not a command. */
  why?: string;
  /** Status at the end; default verified. */
  ends?: IdentityStatus;
  /** Simulated seconds for each of the machine, where a time-out of the portal is tried; default 10. */
  rate?: number;
  /** Verifies at once, not ten minutes later. */
  fresh?: boolean;
  probe?: ProbeLevel;
  permissions?: PermissionCheck[];
  role?: string;
  /** The component that the run is for. */
  entityRef?: string;
  ref?: Identity;
}
