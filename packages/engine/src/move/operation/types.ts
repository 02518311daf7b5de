import type {
  AccessRow,
  MigrateInput,
  MigrateResult,
  RollbackInput,
  RollbackResult,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ReadEvidence } from '../../evidence/types';
import type { PolicyStatement } from '../../iam/policyDocument';
import type { AccessSeen } from '../../inventory/asking';
import type {
  Verification,
  VerifyContext,
} from '../../verification/run/verification';

/** @public */
export interface MigrateRequest {
  ref: ServiceAccountRef;
  input: MigrateInput;
  taskId?: string;
  /** Where no person asks for this very move: what has to be so at that moment, or nothing is changed. */
  expects?: {
    /** The one that it has by IRSA, and none of another annotation. */
    roleArn: string;
    /** This move was begun before, so that what it has made may be there: it goes on from there. */
    isCarriedOn: boolean;
    /** It may begin, where nothing that it has made is there. */
    mayBegin: boolean;
  };
}

/** @public */
export interface RollbackRequest {
  ref: ServiceAccountRef;
  input: RollbackInput;
}

/** What a move gets from the operation that runs it. @public */
export interface MoveContext extends VerifyContext {
  /** Called at the end with how the service account gets to AWS then. */
  sawAccess?(row: AccessRow): void;
}

/** What a move wrote into the trust policy of a role. @public */
export interface TrustRecord {
  /** ARN. */
  roleArn: string;
  /** `AROA…`: another role of that name is not meant. */
  roleId: string;
  sid: string;
  /** Each form that moves give the statement, the one that was written last at the end. */
  statements: PolicyStatement[];
  /** Whose move it is, as the tags of an association say it. */
  tags: Record<string, string>;
  /** ISO 8601; when it was written first. */
  at: string;
  /** What let the service account in by IRSA and was taken out, each as it stood: a way back puts in what of it lacks. */
  taken?: PolicyStatement[];
}

/** One write of a trust policy. @public */
export interface TrustWrite {
  /**
   * `narrow` takes the service account of the rehearsal out of the statement; `end` and `restore` are of IRSA, whose
   * statements lose the service account or go, and get it back.
   */
  actionType: 'write' | 'narrow' | 'remove' | 'end' | 'restore';
  /** As it stands after the write; before it where it is removed, and each as it was taken out at the end of IRSA. */
  statement: PolicyStatement | PolicyStatement[];
  record: TrustRecord;
  /** Whose write it is, as its context says. */
  operation?: MoveContext['operation'];
}

/** Keeps what moves wrote into trust policies for as long as it may stand there. @public */
export interface TrustRecords {
  /** Of a service account; of several roles where it had several. */
  find(ref: ServiceAccountRef): Promise<TrustRecord[]>;
  /** Called right before each write that leaves a statement; takes the place of the record of that role. */
  put(ref: ServiceAccountRef, record: TrustRecord): Promise<void>;
  /** The statement is gone. */
  remove(ref: ServiceAccountRef, roleArn: string): Promise<void>;
  /** Makes each write of a trust policy, so that an audit log has it with its outcome. Throws what `write` throws. */
  audited?(
    ref: ServiceAccountRef,
    what: TrustWrite,
    write: () => Promise<void>,
  ): Promise<void>;
}

/** What moves are made with. */
export interface MoveDeps {
  verification: Verification;
  /** What AWS recorded; without it a user has to confirm that a workload works. */
  evidence?: ReadEvidence;
  /** What earlier looks at a cluster saw of programs; without it a program is known only while CloudTrail is searched. */
  seen?(cluster: string): Promise<AccessSeen | undefined>;
  /** The component to which a tag or the namespace links the service account; its own annotation does not count. */
  componentOf?(ref: ServiceAccountRef): Promise<string | undefined>;
  /** Without them a move edits no trust policy: what is not recorded could not be taken back. */
  trusts?: TrustRecords;
}

/** Moves service accounts from IRSA to Pod Identity, and back. @public */
export interface Moves {
  /**
   * Tries Pod Identity with a service account of its own, and with `until: 'moved'` makes the association and restarts one
   * workload after the other, each proven before the next. Where a step fails after the association was made, it goes
   * back, if there is a way back.
   */
  migrate(
    request: MigrateRequest,
    context: MoveContext,
  ): Promise<MigrateResult>;
  /** Deletes the association that a move made, and restarts its workloads on IRSA. */
  rollback(
    request: RollbackRequest,
    context: MoveContext,
  ): Promise<RollbackResult>;
}
