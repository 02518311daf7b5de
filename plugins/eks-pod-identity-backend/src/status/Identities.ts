import { Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  associationCreatePermission,
  associationDeletePermission,
  associationReadPermission,
  EntityIdentities,
  Identity,
  IDENTITY_STATUS_ORDER,
  ServiceAccountRef,
  stringifyServiceAccountRef,
  verificationCreatePermission,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { createHmac, randomBytes } from 'crypto';
import {
  type Clusters,
  consoleLinks,
  roleNameOfArn,
} from 'eks-pod-identity-engine';
import { type Authorizer, missing } from '../permissions/Authorizer';
import { type Caller, initiatorOf } from '../permissions/caller';
import { summarize } from './reportSummary';
import type { Store } from '../store';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import { claimsOf } from './claims';
import { provesIdentity, withFindings } from './findings';
import { credentialPath } from './path';
import { staleOf } from './staleness';

/** Between the end of a verification and its headline lie milliseconds; after this long something else went wrong. */
const RECORDING_MS = 5_000;

interface KnownRef {
  ref: ServiceAccountRef;
  sources: Identity['sources'];
}

/** Everything a card shows of an entity, from the database alone: no call to AWS or Kubernetes. */
export class Identities {
  readonly #store: Store;
  readonly #clusters: Clusters;
  readonly #authorizer: Authorizer;
  readonly #now: () => number;
  readonly #maxAgeMs: number;
  readonly #upSince: number;
  #channelSecret?: Promise<string>;

  constructor(options: {
    now(): number;
    /** Age from which what was seen of a cluster counts as stale. */
    maxAgeMs: number;
    store: Store;
    clusters: Clusters;
    authorizer: Authorizer;
  }) {
    this.#store = options.store;
    this.#clusters = options.clusters;
    this.#authorizer = options.authorizer;
    this.#now = options.now;
    this.#maxAgeMs = options.maxAgeMs;
    this.#upSince = options.now();
  }

  /**
   * `entity` was loaded with the caller's own credentials. Every ref is authorised itself, wherever it came from.
   *
   * @throws NotAllowedError when there are identities and the caller may see none of them
   */
  async ofEntity(
    entity: Entity,
    credentials: Caller,
  ): Promise<EntityIdentities> {
    const entityRef = stringifyEntityRef(entity);
    const { known, problems } = await this.#refsOf(entity, entityRef);
    const rights = await this.#rights(known, credentials);
    const visible = known.filter((_, index) => rights[index].read);
    if (known.length > 0 && visible.length === 0) {
      throw missing(
        `You may not see the AWS identity of ${entityRef}`,
        associationReadPermission,
        ' on it',
      );
    }
    const allowed = new Map(
      known.map(({ ref }, index) => [
        stringifyServiceAccountRef(ref),
        rights[index],
      ]),
    );
    return {
      entityRef,
      identities: await this.#identities(
        visible,
        allowed,
        initiatorOf(credentials).name,
      ),
      problems,
      hidden: known.length - visible.length,
      signalChannel: await this.channelOf(entityRef),
      canCreate:
        known.length === 0
          ? await this.#mayCreateSomewhere(credentials)
          : false,
    };
  }

  /** Channel of an entity's cards: known to whoever got the card's answer, not to be guessed by others. */
  async channelOf(entityRef: string): Promise<string> {
    this.#channelSecret ??= this.#store.settings.getOrSet(
      'signalSecret',
      randomBytes(32).toString('hex'),
    );
    return `eks-pod-identity:${createHmac('sha256', await this.#channelSecret)
      .update(entityRef)
      .digest('hex')
      .slice(0, 32)}`;
  }

  /** By annotation and by our AWS tag, which is there right after a template ran. */
  async #refsOf(entity: Entity, entityRef: string) {
    const { refs, problems } = claimsOf(entity);
    await this.#store.entityRefs.replaceOfEntity(entityRef, 'annotation', refs);
    const known = new Map<string, KnownRef>();
    const links = await this.#store.entityRefs.ofEntity(entityRef);
    for (const { ref, source } of links) {
      const key = stringifyServiceAccountRef(ref);
      const entry = known.get(key) ?? { ref, sources: [] };
      entry.sources.push(source);
      known.set(key, entry);
    }
    return { known: [...known.values()], problems };
  }

  /** One call for all refs. */
  async #rights(known: KnownRef[], credentials: Caller) {
    const asked = [
      associationReadPermission,
      verificationCreatePermission,
      associationDeletePermission,
    ];
    const allowed = await this.#authorizer.allowed(
      known.flatMap(({ ref }) =>
        asked.map(permission => ({ permission, ref })),
      ),
      credentials,
    );
    return known.map((_, index) => {
      const [read, verify, remove] = allowed.slice(index * asked.length);
      return { read, verify, remove };
    });
  }

  async #mayCreateSomewhere(credentials: Caller) {
    const [answer] = await this.#authorizer.decide(
      [associationCreatePermission],
      credentials,
    );
    return answer.result !== AuthorizeResult.DENY;
  }

  async #identities(
    visible: KnownRef[],
    allowed: Map<string, { verify: boolean; remove: boolean }>,
    caller: string,
  ): Promise<Identity[]> {
    const refs = visible.map(({ ref }) => ref);
    const [ended, running] = await Promise.all([
      // Asked before the headlines, or one could end unseen between the two.
      this.#store.operations.justVerified(refs, this.#now() - RECORDING_MS),
      this.#store.operations.runningVerifications(refs, caller),
    ]);
    const [states, associations, clusterStates] = await Promise.all([
      this.#store.serviceAccounts.findMany(refs),
      this.#store.associations.findMany(refs),
      this.#store.clusterStates.all(),
    ]);
    const reports = await this.#store.reports.findMany(
      [...states.values()].flatMap(state =>
        [state.proofReportId, state.lookReportId].filter(
          (id): id is string => id !== undefined,
        ),
      ),
    );
    const clusters = new Map(
      this.#clusters.list().map(cluster => [cluster.id, cluster]),
    );

    const identities = visible.map(({ ref, sources }): Identity => {
      const key = stringifyServiceAccountRef(ref);
      const cluster = clusters.get(ref.cluster);
      const state = states.get(key);
      const association = associations.get(key);
      const proof = reports.get(state?.proofReportId ?? '');
      const look = reports.get(state?.lookReportId ?? '');
      const stale =
        cluster &&
        staleOf(clusterStates.get(ref.cluster), {
          now: this.#now(),
          maxAgeMs: this.#maxAgeMs,
          upSince: this.#upSince,
        });
      const roleArn = association?.roleArn;
      const links = cluster && consoleLinks(cluster);
      const can = allowed.get(key)!;
      // A verification is over for a card when its headline says so.
      const unrecorded = ended.get(key);
      const verifying =
        running.get(key) ??
        (unrecorded &&
        ![state?.proofReportId, state?.lookReportId].includes(
          unrecorded.reportId,
        )
          ? { id: unrecorded.id, mine: false }
          : undefined);
      const shown = shownReport(state, proof, look);
      return {
        ref,
        clusterTitle: cluster?.title ?? ref.cluster,
        clusterKnown: cluster !== undefined,
        sources,
        status: state?.status ?? 'unverified',
        headline:
          state?.headline ??
          (cluster
            ? 'Nobody has looked at this identity yet. Verify it now.'
            : `The portal knows no cluster ${ref.cluster}.`),
        changedSince: state?.changedSince,
        provenAt: iso(state?.provenAt),
        lookedAt: iso(state?.lookedAt),
        stale: stale && { since: iso(stale.since)!, reason: stale.reason },
        verifying: verifying && {
          operationId: verifying.id,
          mine: verifying.mine,
        },
        association: association?.roleArn
          ? {
              id: association.associationId,
              arn: association.arn,
              owner: association.owner,
              roleArn: association.roleArn,
              targetRoleArn: association.targetRoleArn,
              consoleUrl: links?.association,
            }
          : undefined,
        path: cluster
          ? credentialPath(shown, {
              ref,
              clusterTitle: cluster.title,
              roleName: roleArn && roleNameOfArn(roleArn),
              consoleUrls: {
                association: links?.association,
                role: roleArn && links?.role(roleArn),
              },
            })
          : [],
        lastProof: proof && summarize(proof),
        lastLook: look && summarize(look),
        can: {
          verify: can.verify && cluster !== undefined,
          remove: can.remove && cluster !== undefined,
        },
      };
    });
    return identities.sort(
      (a, b) =>
        IDENTITY_STATUS_ORDER.indexOf(a.status) -
        IDENTITY_STATUS_ORDER.indexOf(b.status),
    );
  }
}

/**
 * The proof saw more hops than a look does; a look with findings knows better what is wrong now. Where the headline
 * says that nobody has looked, what was seen before is of something else. A failed pod run stands as it was.
 */
function shownReport(
  state: ServiceAccountState | undefined,
  proof: VerificationReport | undefined,
  look: VerificationReport | undefined,
) {
  if (state?.status === 'unverified') return undefined;
  const isBad = state?.status === 'failed' || state?.status === 'degraded';
  const told = isBad && look?.status === state.status ? look : proof ?? look;
  const stands = told === proof && told && !provesIdentity(told);
  return told && state?.findings && !stands
    ? withFindings(told, state.findings)
    : told;
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
