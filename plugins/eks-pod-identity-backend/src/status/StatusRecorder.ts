import { ConflictError } from '@backstage/errors';
import {
  type AssociateResult,
  type AssociationAtEnd,
  type OperationResult,
  ServiceAccountRef,
  stringifyServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from 'eks-pod-identity-engine';
import type { MarkSubject } from 'eks-pod-identity-engine/portal';
import { changesIdentity } from '../operations/perform';
import type { RunEnd } from '../operations/Run';
import type { OperationRecord } from '../store';
import type { RetryingStore } from '../store/retryingStore';
import type { LastReports } from '../store/ReportStore';
import {
  isSameButLookedAt,
  type ServiceAccountState,
} from '../store/ServiceAccountStore';
import { changesOfLook } from './changes';
import { describedAs } from './observed';
import { newer, saysTheSame } from './looks';
import { replacedAfter } from './outdated';
import { type Seen, stateAfter } from './stateAfter';

/** A headline that is another one now. */
export interface StatusChange {
  ref: ServiceAccountRef;
  /** An operation may have ended without a word about the headline; its card shows that it ended. */
  cause: 'operation' | 'look';
  before?: ServiceAccountState;
  after: ServiceAccountState;
  /** Entities that the ref may no longer belong to; their cards show that too. */
  left?: string[];
  /** Entities that the ref belongs to, where they were read. */
  linked?: string[];
}

/** Called after every write to a headline; must not throw. */
export type StatusListener = (change: StatusChange) => Promise<void>;

/** What an operation left of an association. */
interface Associated {
  association?: AssociationAtEnd;
  changed: boolean;
}

function ofAssociate(result: AssociateResult): Associated {
  const { applied, associationArn, associationId, changed, plan } = result;
  const { effectiveRoleArn, roleArn = '', taggedEntityRef } = result;
  if (!applied || !associationId) return { changed };
  const step = plan.steps.find(
    ({ resource }) => resource.kind === 'association',
  );
  return {
    changed,
    association: {
      id: associationId,
      arn: associationArn ?? '',
      roleArn,
      owner: step?.owner ?? 'portal',
      ...(effectiveRoleArn === roleArn
        ? {}
        : { targetRoleArn: effectiveRoleArn }),
      ...(taggedEntityRef ? { taggedEntityRef } : {}),
    },
  };
}

/** It took the association away. */
function isRemoved(result: OperationResult | undefined): boolean {
  if (result?.kind === 'rollback') return result.applied && result.gone;
  return (
    result?.kind === 'teardown' &&
    result.applied &&
    result.removed.some(({ kind }) => kind === 'association')
  );
}

const REMOVED = {
  status: 'no-identity',
  headline: 'This identity was taken away; there is no association now.',
} as const;
const BACK = {
  status: 'uses-irsa',
  headline: 'Its move was taken back: its pods have IRSA again.',
} as const;

const keysOf = (record: object = {}) => JSON.stringify(Object.keys(record));

/** Others write a headline rarely, and each of them once. */
const ATTEMPTS = 10;

export interface StatusRecorderOptions {
  store: RetryingStore;
  clock: Clock;
  /** By which marks something belongs to a ref; undefined where its cluster is gone. */
  ownershipOf(ref: ServiceAccountRef): MarkSubject | undefined;
  /** Age from which a proof no longer counts. */
  proofMaxAgeMs: number;
}

/** Keeps the headline of each ref in step with its reports, its association and what operations did. */
export class StatusRecorder {
  readonly #options: StatusRecorderOptions;
  readonly #store: RetryingStore;
  #listeners: StatusListener[] = [];

  constructor(options: StatusRecorderOptions) {
    this.#options = options;
    this.#store = options.store;
  }

  /** The same recorder over a store that waits for the database in another way. */
  over(store: RetryingStore): StatusRecorder {
    const other = new StatusRecorder({ ...this.#options, store });
    other.#listeners = this.#listeners;
    return other;
  }

  onChange(listener: StatusListener) {
    this.#listeners.push(listener);
  }

  /** What an operation that ended means for the pages. */
  async recordEnd(end: RunEnd): Promise<void> {
    const [record] = end.records;
    if (!record) return;
    let changedBy: string | undefined;
    // A first setup that broke off links its entity to nothing, and its card says so.
    const left =
      changesIdentity(record) && record.entityRef ? [record.entityRef] : [];
    if (end.saw) await this.saw(record.ref, end.saw);
    if (end.state === 'succeeded' && end.result?.kind === 'associate') {
      changedBy = await this.#associated(record, ofAssociate(end.result));
    } else if (end.state === 'succeeded' && end.result?.kind === 'migrate') {
      const { association, changed } = end.result;
      changedBy = await this.#associated(record, {
        association,
        changed,
      });
    } else if (end.state === 'succeeded' && isRemoved(end.result)) {
      const isBack = end.result?.kind === 'rollback';
      left.push(...(await this.#removed(record, isBack ? BACK : REMOVED)));
    } else if (changesIdentity(record) && end.wrote) {
      // Broke off half-way: what was proven may be gone, and what is there is not known.
      changedBy = record.id;
    }
    await this.#refresh(record.ref, 'operation', { changedBy }, left);
  }

  /** What no longer belongs to these entities: their cards show that. */
  async left(ref: ServiceAccountRef, entityRefs: string[]): Promise<void> {
    const state = await this.#store.serviceAccounts.find(ref);
    if (!state || entityRefs.length === 0) return;
    await this.#emit({
      ref,
      cause: 'operation',
      before: state,
      after: state,
      left: entityRefs,
    });
  }

  /**
   * What a sweep saw of many refs, of each once. A report that says the same as the last one is not stored; that it was
   * looked at is.
   */
  async recordLooks(looks: VerificationReport[]): Promise<void> {
    const { serviceAccounts, reports } = this.#store;
    const refs = looks.map(({ ref }) => ref);
    // Before the reports: what is reported after this writes its headline after this too.
    const states = await serviceAccounts.findMany(refs);
    const last = await reports.lastOfMany(refs);
    const news: VerificationReport[] = [];
    const changes: (StatusChange & { seen: Seen })[] = [];
    for (const seenNow of looks) {
      const { ref, fingerprint } = seenNow;
      const key = stringifyServiceAccountRef(ref);
      const before = states.get(key);
      const known = last.get(key) ?? {};
      const look = {
        ...seenNow,
        changes: seenNow.changes ?? changesOfLook(seenNow, known),
      };
      const replaced = replacedAfter(before, { ...known, look }, 0);
      const isSame =
        known.look !== undefined &&
        saysTheSame(known.look, look) &&
        keysOf(replaced) === keysOf(before?.memory?.replaced);
      if (!isSame) news.push(look);
      const seen = {
        fingerprint,
        lookedAt: isSame ? Date.parse(look.finishedAt) : undefined,
        seenAgain: isSame,
      };
      const after = await this.#after(
        ref,
        before,
        isSame ? known : { ...known, look: newer(known.look, look) },
        seen,
      );
      changes.push({ ref, cause: 'look', before, after, seen });
    }
    const holders = await this.#store.owners.findMany(refs);
    await reports.insertMany(
      news.map(report => ({
        report,
        holder: holders.get(stringifyServiceAccountRef(report.ref)),
      })),
    );
    const written = await this.#write(changes);
    const links = await this.#store.entityRefs.ofRefs(refs);
    for (const { seen, ...change } of changes) {
      const key = stringifyServiceAccountRef(change.ref);
      if (written.has(key)) {
        const linked = links.get(key)?.map(({ entityRef }) => entityRef) ?? [];
        await this.#emit({ ...change, linked });
      } else {
        await this.#refresh(change.ref, 'look', seen);
      }
    }
  }

  /** Answers with the written refs of those that nothing else has written meanwhile. */
  async #write(changes: StatusChange[]): Promise<Set<string>> {
    const { serviceAccounts } = this.#store;
    const quiet: ServiceAccountState[] = [];
    const fresh: ServiceAccountState[] = [];
    const written = new Set<string>();
    for (const { ref, before, after } of changes) {
      if (!before) fresh.push(after);
      else if (isSameButLookedAt(before, after)) {
        quiet.push({ ...after, version: before.version });
      } else if (await serviceAccounts.replace(before, after)) {
        written.add(stringifyServiceAccountRef(ref));
      }
    }
    const lookedAt = Math.min(...quiet.map(state => state.lookedAt ?? 0));
    return new Set([
      ...written,
      ...(await serviceAccounts.insertMany(fresh)),
      ...(await serviceAccounts.looked(quiet, lookedAt)),
    ]);
  }

  async #refresh(
    ref: ServiceAccountRef,
    cause: StatusChange['cause'],
    seen: Seen,
    left?: string[],
  ): Promise<void> {
    const { serviceAccounts, reports } = this.#store;
    for (let attempt = 1; ; attempt++) {
      const before = await serviceAccounts.find(ref);
      const last = {
        proof: await reports.lastProof(ref),
        look: await reports.lastLook(ref),
      };
      const after = await this.#after(ref, before, last, seen);
      if (await serviceAccounts.replace(before, after)) {
        await this.#emit({ ref, cause, before, after, left });
        return;
      }
      if (attempt === ATTEMPTS) {
        throw new ConflictError(
          `The headline of ${stringifyServiceAccountRef(
            ref,
          )} was written by others ${ATTEMPTS} times while it was being computed`,
        );
      }
    }
  }

  #after(
    ref: ServiceAccountRef,
    before: ServiceAccountState | undefined,
    last: LastReports,
    seen: Seen,
  ): Promise<ServiceAccountState> {
    const { associations } = this.#store;
    return stateAfter(ref, before, last, {
      ...seen,
      now: this.#options.clock.now(),
      proofMaxAgeMs: this.#options.proofMaxAgeMs,
      hasAssociation: async () => (await associations.findMany([ref])).size > 0,
    });
  }

  /** A verification reads the association itself, and later than the last sweep. */
  async saw(ref: ServiceAccountRef, saw: NonNullable<RunEnd['saw']>) {
    const { associations, changes } = this.#store;
    const changedAt = await changes.lastAt(ref);
    if (changedAt !== undefined && changedAt >= saw.at) return;
    const { association: details, at } = saw;
    const known = (await associations.findMany([ref])).get(
      stringifyServiceAccountRef(ref),
    );
    if (!details) {
      await associations.removeRef(ref);
      return;
    }
    const subject = this.#options.ownershipOf(ref);
    if (!subject) return;
    const same = known?.associationId === details.id ? known : undefined;
    if (!same) await associations.removeRef(ref);
    await associations.upsert([
      {
        orphan: false,
        drift: false,
        ...same,
        ref,
        associationId: details.id,
        arn: details.arn,
        ...describedAs(details, subject, at),
        listedAt: Math.max(at, same?.listedAt ?? 0),
      },
    ]);
  }

  /** Answers with the operation if it changed an identity that was there: true until the next verification. */
  async #associated(
    record: OperationRecord,
    { association, changed }: Associated,
  ): Promise<string | undefined> {
    if (!association) return undefined;
    const now = this.#options.clock.now();
    const { ref } = record;
    // A request does not take over what another component has, or what is not ours.
    const entityRef = association.taggedEntityRef;
    const { associations, serviceAccounts } = this.#store;
    const known = [...(await associations.findMany([ref])).values()];
    await associations.removeRef(ref);
    await associations.upsert([
      {
        ref,
        associationId: association.id,
        arn: association.arn,
        owner: association.owner,
        roleArn: association.roleArn,
        targetRoleArn: association.targetRoleArn,
        entityRef,
        orphan: false,
        drift: false,
        listedAt: now,
      },
    ]);
    if (entityRef) {
      // It may have been handed over by another component.
      await this.#store.entityRefs.removeRef(ref, 'aws-tag');
      await this.#store.entityRefs.add([{ entityRef, ref, source: 'aws-tag' }]);
    }
    if (!changed) return undefined;
    if (!known.some(each => each.associationId === association.id)) {
      // Whatever was found before was found about something else, or about nothing.
      await serviceAccounts.set({
        ref,
        status: 'looks-right',
        headline: '',
        memory: { associated: true },
        resetAt: now,
      });
      return undefined;
    }
    return record.id;
  }

  /** Answers whose identity it was. */
  async #removed(
    { ref }: OperationRecord,
    words: Pick<ServiceAccountState, 'status' | 'headline'>,
  ): Promise<string[]> {
    const links = await this.#store.entityRefs.ofRef(ref);
    await this.#store.associations.removeRef(ref);
    await this.#store.entityRefs.removeRef(ref, 'aws-tag');
    await this.#store.serviceAccounts.set({
      ref,
      ...words,
      resetAt: this.#options.clock.now(),
    });
    await this.#store.serviceAccounts.forgetNotification(ref);
    return links.map(link => link.entityRef);
  }

  async #emit(change: StatusChange) {
    await Promise.all(this.#listeners.map(listener => listener(change)));
  }
}
