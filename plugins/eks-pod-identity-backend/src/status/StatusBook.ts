import {
  AssociateResult,
  ServiceAccountRef,
  TeardownResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../clock';
import type { RunEnd } from '../operations/Run';
import type { OperationRecord, Store } from '../store';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import { statusOf } from './statusOf';

/** A headline that is another one now. */
export interface StatusChange {
  ref: ServiceAccountRef;
  before?: ServiceAccountState;
  after: ServiceAccountState;
}

/** Told of every write to a headline; must not throw. */
export type StatusListener = (change: StatusChange) => Promise<void>;

/** Keeps the headline of each ref in step with its reports, its association and what operations did. */
export class StatusBook {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #listeners: StatusListener[] = [];

  constructor(options: { store: Store; clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  onChange(listener: StatusListener) {
    this.#listeners.push(listener);
  }

  /** What an operation that ended means for the pages. */
  async recordEnd(end: RunEnd): Promise<void> {
    const [record] = end.records;
    if (!record) return;
    if (end.state === 'succeeded' && end.result?.kind === 'associate') {
      await this.#associated(record, end.result);
    } else if (end.state === 'succeeded' && end.result?.kind === 'teardown') {
      await this.#removed(record, end.result);
    }
    await this.refresh(record.ref);
  }

  /**
   * Computes the headline anew. `fingerprint` and `lookedAt` are of a look that has no report of its own, because
   * it saw what the one before saw.
   */
  async refresh(
    ref: ServiceAccountRef,
    fingerprint?: string,
    lookedAt?: number,
  ): Promise<ServiceAccountState> {
    const { reports, serviceAccounts } = this.#store;
    const before = await serviceAccounts.find(ref);
    const resetAt = before?.resetAt ?? 0;
    const since = (report: VerificationReport | undefined) =>
      report && Date.parse(report.finishedAt) >= resetAt ? report : undefined;
    const proof = since(await reports.lastProof(ref));
    const look = since(await reports.lastLook(ref));
    const seen = fingerprint ?? look?.fingerprint ?? before?.fingerprint;
    const headline = statusOf({ proof, look, fingerprint: seen });
    const gone = !proof && !look && before?.resetAt !== undefined;
    const after: ServiceAccountState = {
      ref,
      ...headline,
      headline: gone ? before.headline : headline.headline,
      lookedAt: lookedAt ?? headline.lookedAt,
      fingerprint: seen,
      proofReportId: proof?.id,
      lookReportId: look?.id,
      resetAt: before?.resetAt,
      notifiedStatus: before?.notifiedStatus,
    };
    await serviceAccounts.set(after);
    await this.#tell({ ref, before, after });
    return after;
  }

  async #associated(record: OperationRecord, result: AssociateResult) {
    if (!result.applied || !result.associationId) return;
    const step = result.plan.steps.find(
      each => each.resource.kind === 'association',
    );
    const now = this.#clock.now();
    const { ref, entityRef } = record;
    await this.#store.associations.removeRef(ref);
    await this.#store.associations.upsert([
      {
        ref,
        associationId: result.associationId,
        arn: result.associationArn ?? '',
        owner: step?.owner ?? 'portal',
        roleArn: result.roleArn,
        targetRoleArn:
          result.effectiveRoleArn === result.roleArn
            ? undefined
            : result.effectiveRoleArn,
        entityRef,
        orphan: false,
        drift: false,
        listedAt: now,
      },
    ]);
    if (entityRef) {
      await this.#store.entityRefs.add([{ entityRef, ref, source: 'aws-tag' }]);
    }
  }

  async #removed(record: OperationRecord, result: TeardownResult) {
    const association = result.removed.some(
      each => each.kind === 'association',
    );
    if (!result.applied || !association) return;
    const { ref } = record;
    await this.#store.associations.removeRef(ref);
    await this.#store.entityRefs.removeRef(ref, 'aws-tag');
    await this.#store.serviceAccounts.set({
      ref,
      status: 'unverified',
      headline: 'This identity was taken away; there is no association now.',
      resetAt: this.#clock.now(),
    });
  }

  async #tell(change: StatusChange) {
    await Promise.all(this.#listeners.map(listener => listener(change)));
  }
}
