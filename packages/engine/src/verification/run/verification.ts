import type {
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import type { Gate } from '../../lifecycle/gate';
import type { OperationContext } from '../../operationContext';
import type { IrsaAnswer, IrsaQuestion } from '../credentials/irsaRun';
import type { FactProviders, VerifyRequest } from '../framework/request';
import type { FactBundle } from './bundle';

/** What a verification gets from the operation that runs it. @public */
export interface VerifyContext extends OperationContext {
  /** Called with the ids of the checks of a verification, in the order of its report; not where an earlier proof answered it. */
  sawChecks?(ids: readonly string[]): void;
  /** Called with the association that a verification read; `null` when there is none. */
  sawAssociation?(association: Association | null): void;
  /** Called with the facts of a verification; not where an earlier proof answered it. */
  sawFacts?(bundle: FactBundle): void;
}

/** What is there of an identity, without a judgement. @public */
export interface Glance {
  /** Null where there is none; undefined if it could not be read. */
  association?: Association | null;
  /** Undefined if a part of the identity could not be read. */
  fingerprint?: string;
}

/** Runs verifications. @public */
export interface Verification extends Gate {
  /** Reads the association and its role, and nothing else: five calls to AWS at most. */
  glance(ref: ServiceAccountRef, context: OperationContext): Promise<Glance>;

  /** Runs a pod that asks by IRSA with a token of its own; who may have one run was judged before. */
  proveIrsa(
    ref: ServiceAccountRef,
    question: IrsaQuestion,
    context: VerifyContext,
  ): Promise<IrsaAnswer>;

  /** Collects facts, runs every check and, if requested, the probe; never throws for a finding. */
  verify(
    request: VerifyRequest,
    context: VerifyContext,
    known?: FactProviders,
  ): Promise<VerificationReport>;
}
