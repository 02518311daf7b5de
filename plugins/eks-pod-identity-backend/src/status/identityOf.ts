import {
  type Identity,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig } from 'eks-pod-identity-engine';
import { consoleLinks, nameOfArn } from 'eks-pod-identity-engine/portal';
import type { ClusterState } from '../store/ClusterStateStore';
import { UNKNOWN, UNSEEN } from '../store/ServiceAccountStore';
import { toOptionalIso as iso } from '../store/values';
import type { KnownRef } from './knownRefs';
import type { MoveRights } from './moveRights';
import type { Offer } from './Offers';
import { credentialPath } from './path';
import { inWords, summarize } from './reportSummary';
import type { Rights } from './rights';
import { shownReport } from './shownReport';
import { hasFaded, staleOf } from './staleness';
import type { Stored } from './stored';
import { proofLevel, useOf } from './use';
import { verifyingOf } from './verifying';

/** From when on what was seen and proven is old. */
export interface Ages {
  now: number;
  /** Age from which what was seen of a cluster counts as stale, milliseconds. */
  maxAgeMs: number;
  /** Since when this process runs, epoch milliseconds. */
  upSince: number;
  proofMaxAgeMs: number;
}

/** What a card shows of one service account, from what is stored of it and what its reader may do with it. */
export function identityOf(
  { ref, sources, isLinked = sources.length > 0 }: KnownRef,
  {
    can,
    cluster,
    move,
    offer,
    stored,
  }: {
    can: Rights;
    cluster?: ClusterConfig;
    move?: MoveRights;
    offer?: Offer;
    stored: Stored;
  },
  how: Ages,
): Identity {
  const key = stringifyServiceAccountRef(ref);
  const state = stored.states.get(key);
  const association = stored.associations.get(key);
  const open = stored.openChanges.get(key);
  // It was taken back by hand, or to its end
  const isOver = open?.state === 'waiting' && !association;
  const change = isOver ? undefined : open;
  const proof = stored.reports.get(state?.proofReportId ?? '');
  const look = stored.reports.get(state?.lookReportId ?? '');
  const roleArn = association?.roleArn;
  const targetRoleArn = association?.targetRoleArn;
  const links = cluster && consoleLinks(cluster);
  const seen = stored.clusterStates.get(ref.cluster);
  const stale = cluster && staleFor(seen, how);
  // Only a sweep that came to its end has seen every association
  const isSwept = seen?.sweptAt !== undefined && !stale;
  const unseen =
    isLinked || association || change || !isSwept ? UNSEEN : UNKNOWN;
  return {
    ref,
    clusterTitle: cluster?.title ?? ref.cluster,
    clusterKnown: cluster !== undefined,
    sources,
    ...inWords(
      state?.status ?? 'could-not-check',
      state?.headline ??
        (cluster ? unseen : `The portal knows no cluster ${ref.cluster}.`),
      state?.memory?.notes,
    ),
    changedSince: state?.changedSince,
    provenAt: iso(state?.provenAt),
    proofFaded: hasFaded(
      state?.provenAt,
      how.now,
      how.proofMaxAgeMs,
      state?.memory?.replaced,
    ),
    lookedAt: iso(state?.lookedAt),
    stale,
    verifying: verifyingOf(stored.verifications.get(key) ?? {}, state),
    change: change && {
      kind: change.kind,
      state: change.state,
      at: change.at,
      ...(change.toConfirm ? { toConfirm: change.toConfirm } : {}),
      ...(change.confirmed ? { confirmed: change.confirmed } : {}),
      ...(change.noWayBack ? { noWayBack: change.noWayBack } : {}),
    },
    association:
      association && roleArn
        ? {
            id: association.associationId,
            arn: association.arn,
            owner: association.owner,
            roleArn,
            targetRoleArn,
            consoleUrl: links?.association,
          }
        : undefined,
    path: cluster
      ? credentialPath(shownReport(state, proof, look), {
          ref,
          clusterTitle: cluster.title,
          associationId: association?.associationId,
          byIrsa: state?.status === 'uses-irsa',
          tried: state?.changedSince ? undefined : proof,
          roleName: roleArn && nameOfArn(roleArn),
          targetRoleName: targetRoleArn && nameOfArn(targetRoleArn),
          consoleUrls: {
            association: links?.association,
            role: roleArn && links?.role(roleArn),
            targetRole: targetRoleArn && links?.role(targetRoleArn),
          },
        })
      : [],
    proofLevel: proofLevel(proof, look),
    use: stored.evidence && useOf(stored.evidence.get(key)),
    lastProof: proof && summarize(proof),
    lastLook: look && summarize(look),
    can: {
      verify: can.verify && cluster !== undefined,
      // A removal takes away what the portal made, and an association of others is all there is
      remove:
        can.remove &&
        cluster?.allow.changes === true &&
        (association?.owner ?? 'portal') === 'portal',
      restart: offer?.restart === true,
      ...move,
    },
    repair: offer?.repair,
    askWhom: offer?.askWhom,
  };
}

function staleFor(
  state: ClusterState | undefined,
  how: Ages,
): Identity['stale'] {
  const stale = staleOf(state, how);
  return stale && { since: iso(stale.since)!, reason: stale.reason };
}
