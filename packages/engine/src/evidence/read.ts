import { stringifyError } from '@backstage/errors';
import {
  type Evidence,
  type EvidenceQuestion,
  noEvidence,
  type PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';
import { publicCluster } from '../clusters/publicCluster';
import { foreign } from '../text/foreign';
import { gatherEvidence } from './gather';
import { FULL_PAGE, search, type Searched } from './search';
import type { EvidenceRequest } from './types';

const MINUTE = 60_000;
/** Searched the first time. A pod that goes on using its role renews it every six hours, so a week has them all. */
const FIRST_MS = 7 * 24 * 60 * MINUTE;
/** AWS writes events up to 15 minutes late: a search begins that much before the end of the last one, and a bit. */
const LATE_MS = 20 * MINUTE;

/** How many pages one reading may take: at two a second a person waits for these. */
const PAGES = { role: 4, sessions: 1, staticKey: 1, node: 1 };
/** How many of each are looked up, the newest first. */
const MOST = { sessions: 3, staticKeys: 2, nodes: 2 };
/**
 * Reads what is new of one identity, and adds it to what is known: first who obtained the role, then what was called
 * with the newest of the keys that were given out, with static keys, and as the nodes.
 *
 * @param now - wall time, epoch milliseconds
 * @returns what is known, and why there is nothing new where the source did not answer
 * @throws only when the request is aborted
 * @public
 */
export async function readEvidence(
  source: PodIdentityEvidenceSource,
  request: EvidenceRequest,
  now: number,
  soFar: Evidence = noEvidence('unread'),
): Promise<Evidence> {
  const until = new Date(now);
  const last = soFar.readUntil && Date.parse(soFar.readUntil) - LATE_MS;
  const from = new Date(last || now - FIRST_MS);
  const { signal } = request;
  const cluster = publicCluster(request.cluster);
  const ask = (question: EvidenceQuestion, most: number) =>
    search(source, { cluster, question, from, until, signal }, most);
  try {
    const roles = [];
    for (const role of request.roleArns) {
      roles.push(await ask({ role }, PAGES.role));
    }
    const searched = {
      from:
        roles
          .map(one => one.from)
          .sort()
          .at(-1) ?? from.toISOString(),
      until: until.toISOString(),
    };
    const obtained = gatherEvidence(
      roles.flatMap(({ events }) => events),
      request,
      searched,
      soFar,
    );
    const keys = obtained.sessions.flatMap(({ keyId }) => keyId ?? []);
    const calls: Searched[] = [];
    const further: [EvidenceQuestion, number][] = [
      ...keys
        .slice(0, MOST.sessions)
        .map(accessKeyId => [{ accessKeyId }, PAGES.sessions] as const),
      ...request.staticKeyIds
        .slice(0, MOST.staticKeys)
        .map(accessKeyId => [{ accessKeyId }, PAGES.staticKey] as const),
      ...request.instanceIds
        .slice(0, MOST.nodes)
        .map(username => [{ username }, PAGES.node] as const),
    ].map(([question, most]) => [question, most]);
    for (const [question, most] of further) {
      calls.push(await ask(question, most));
    }
    const evidence = gatherEvidence(
      calls.flatMap(({ events }) => events),
      request,
      searched,
      obtained,
    );
    const readUpTo = {
      ...(roles.some(({ isCut }) => isCut)
        ? { events: PAGES.role * FULL_PAGE }
        : {}),
      ...(keys.length > MOST.sessions ? { sessions: MOST.sessions } : {}),
      ...(calls.some(({ isCut }) => isCut) ? { calls: FULL_PAGE } : {}),
    };
    return Object.keys(readUpTo).length > 0
      ? { ...evidence, readUpTo }
      : evidence;
  } catch (error) {
    request.signal.throwIfAborted();
    const denied = (error as Error).name === 'NotAllowedError';
    return {
      ...soFar,
      state: denied ? 'denied' : 'unread',
      reason: foreign(
        denied ? (error as Error).message : stringifyError(error),
        500,
      ),
    };
  }
}
