import {
  type Evidence,
  type EvidenceEvent,
  noEvidence,
} from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from '../aws/arn';
import { PROBE_NAME_PREFIX } from '../identity/trustContext';
import { Ledger } from './Ledger';
import type { EvidenceSubject } from './types';
import { mayBeOfNode } from './userAgent';

/** Characters that EKS keeps of the cluster and of the pod in the name of a session. */
const CUT = 10;
const UUID = /-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Pod = { name: string; uid?: string };

/** The cut name of a pod in `eks-<cluster>-<pod>-<uuid>`; undefined for a session of another cluster. */
function podInSession(
  sessionName: string | undefined,
  { cluster }: EvidenceSubject,
): string | undefined {
  const prefix = `eks-${cluster.name.slice(0, CUT)}-`;
  return sessionName?.startsWith(prefix)
    ? sessionName.slice(prefix.length).replace(UUID, '')
    : undefined;
}

/** The pod of a session without tags, as far as its cut name tells; several replicas begin alike. */
function podWithoutTags(
  sessionName: string | undefined,
  subject: EvidenceSubject,
): Pod | undefined {
  const cut = podInSession(sessionName, subject);
  if (!cut) return undefined;
  const { pods } = subject;
  const fitting = pods.filter(({ name }) => name.startsWith(cut.slice(0, CUT)));
  if (pods.length > 0 && fitting.length === 0) return undefined;
  return fitting.length === 1 ? fitting[0] : { name: `${cut}…` };
}

const isProbe = (name: string | undefined) =>
  name?.startsWith(PROBE_NAME_PREFIX.slice(0, CUT)) ?? false;

/** Who got the role by EKS: a pod of the subject, or another service account. */
function byPodIdentity(
  event: EvidenceEvent,
  subject: EvidenceSubject,
): { pod: Pod } | { other: string } | undefined {
  if (event.by.kind !== 'pod-identity') return undefined;
  const { clusterArn, namespace, serviceAccount, podName, podUid } = event.by;
  const { ref, cluster } = subject;
  const { sessionName } = event;
  if (isProbe(podName ?? (sessionName && podInSession(sessionName, subject)))) {
    return undefined;
  }
  if (!namespace || !serviceAccount) {
    const pod = podWithoutTags(sessionName, subject);
    return pod ? { pod } : { other: sessionName ?? 'a pod without tags' };
  }
  const own =
    clusterArn === cluster.arn &&
    namespace === ref.namespace &&
    serviceAccount === ref.serviceAccount;
  return own
    ? { pod: { uid: podUid, name: podName ?? '' } }
    : {
        other: `${nameOfArn(clusterArn ?? '')}/${namespace}/${serviceAccount}`,
      };
}

/** An event in which a role of the subject was obtained, or should have been. */
function addAssumption(
  event: EvidenceEvent,
  subject: EvidenceSubject,
  ledger: Ledger,
): void {
  const { by, denied, error } = event;
  // Nothing was given out, and AWS does not say that it never will be.
  if (error) return;
  if (by.kind === 'pod-identity') {
    const who = byPodIdentity(event, subject);
    if (!who) return;
    if ('other' in who) {
      if (!denied) ledger.addOther({ kind: by.kind, name: who.other }, event);
    } else if (denied) {
      ledger.addDenial(event);
    } else {
      ledger.addPod(who.pod, event);
      ledger.addSession(event);
    }
    return;
  }
  if (denied) return;
  switch (by.kind) {
    case 'role': {
      const secondHop =
        by.arn === subject.roleArns[0] &&
        ledger.hasSession({ keyId: event.usedKeyId, name: by.sessionName });
      if (secondHop) ledger.addSession(event);
      else if (!isProbe(podInSession(by.sessionName, subject))) {
        ledger.addOther({ kind: by.kind, name: by.arn }, event);
      }
      return;
    }
    case 'irsa': {
      const { namespace, serviceAccount } = subject.ref;
      const own =
        by.issuer === subject.issuer &&
        by.subject === `system:serviceaccount:${namespace}:${serviceAccount}`;
      ledger.addOther(
        {
          kind: by.kind,
          name: own ? by.subject : `${by.subject} of ${by.issuer}`,
          ...(own ? { own } : {}),
        },
        event,
      );
      return;
    }
    case 'node':
      ledger.addOther({ kind: by.kind, name: by.instanceId }, event);
      return;
    case 'user':
      ledger.addOther({ kind: by.kind, name: by.arn }, event);
      return;
    default:
      ledger.addOther({ kind: by.kind, name: by.name }, event);
  }
}

/** An event by credentials that the pods of the subject hold. */
function addCall(
  event: EvidenceEvent,
  subject: EvidenceSubject,
  ledger: Ledger,
): void {
  const { by, usedKeyId, userAgent, sdk } = event;
  if (usedKeyId && subject.staticKeyIds.includes(usedKeyId)) {
    ledger.addStaticKeyUse(usedKeyId, event);
    return;
  }
  if (by.kind === 'node' && subject.instanceIds.includes(by.instanceId)) {
    if (!mayBeOfNode(userAgent, sdk)) ledger.addNodeUse(by.instanceId, event);
    return;
  }
  const name =
    by.kind === 'role' && subject.roleArns.includes(by.arn)
      ? by.sessionName
      : undefined;
  if (!ledger.hasSession({ keyId: usedKeyId, name })) return;
  ledger.addUse(event);
  if (event.denied) ledger.addDenial(event);
  else if (!event.error) ledger.addSuccess(event);
}

/**
 * Adds events to what is known of an identity. Events of others may be among them; those that were added before are
 * left out.
 *
 * @param searched - the time that the events are from, ISO 8601
 * @public
 */
export function gatherEvidence(
  events: readonly EvidenceEvent[],
  subject: EvidenceSubject,
  searched: { from: string; until: string },
  soFar: Evidence = noEvidence('unread'),
): Evidence {
  const ledger = new Ledger(soFar);
  // A session has to be known before the calls that are made with it.
  const inOrder = [...events].sort(
    (one, other) => Date.parse(one.at) - Date.parse(other.at),
  );
  for (const event of inOrder) {
    const assumed =
      event.roleArn !== undefined && subject.roleArns.includes(event.roleArn);
    if (ledger.has(event)) continue;
    if (assumed) addAssumption(event, subject, ledger);
    else addCall(event, subject, ledger);
  }
  const {
    readFrom = searched.from,
    readUntil = searched.until,
    roleLastUsed,
  } = soFar;
  const until = readUntil > searched.until ? readUntil : searched.until;
  // A search that was cut leaves a time between it and the one before.
  const isGapless = readUntil >= searched.from;
  return {
    state: 'read',
    readFrom: isGapless && readFrom < searched.from ? readFrom : searched.from,
    readUntil: until,
    ...ledger.evidence(until),
    ...(roleLastUsed ? { roleLastUsed } : {}),
  };
}
