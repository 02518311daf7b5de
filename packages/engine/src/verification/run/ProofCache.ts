import {
  failureOf,
  isGood,
  stringifyServiceAccountRef,
  type ServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { fingerprintOf, surroundingsOf } from './fingerprint';
import { requestKey } from './requestKey';
import type { FactReader } from '../framework/facts';
import type { VerifyRequest } from '../framework/request';

/** Reports of other processes. */
export interface StoredProofs {
  /**
   * The newest verified pod run of a service account; undefined if a later report contradicts it.
   *
   * @param key - only runs that were asked the same: `requestKey` of their request
   */
  lastVerified(
    ref: ServiceAccountRef,
    since: Date,
    key?: string,
  ): Promise<VerificationReport | undefined>;
}

interface Proof {
  ref: string;
  key: string;
  report: VerificationReport;
}

/** True if any proof of the identity answers the request. */
function asksNothingElse(request: VerifyRequest): boolean {
  const { expectedRoleArn, permissionChecks, perNodeGroup } = request;
  return !expectedRoleArn && permissionChecks.length === 0 && !perNodeGroup;
}

/** True if both readings show the same identity in the same surroundings; false if a part of it could not be read. */
async function isOf(
  report: VerificationReport,
  facts: FactReader,
): Promise<boolean> {
  return (
    report.fingerprint !== undefined &&
    report.fingerprint === (await fingerprintOf(facts)) &&
    report.surroundings === (await surroundingsOf(facts))
  );
}

/**
 * Verified pod runs of all processes. Answers a request from a recent one while the identity is unchanged, instead of
 * starting another pod.
 */
export class ProofCache {
  readonly #stored?: StoredProofs;
  #proofs: Proof[] = [];

  constructor(stored?: StoredProofs) {
    this.#stored = stored;
  }

  /** A proof that answers the request, while nothing that can be seen has changed; undefined when a pod has to run. */
  async answer(
    request: VerifyRequest,
    facts: FactReader,
    since: number,
  ): Promise<VerificationReport | undefined> {
    const proof = await this.#candidate(request, since);
    return proof && (await isOf(proof, facts)) ? proof : undefined;
  }

  /** The newest proof of the current identity, for any request. */
  async lastOf(
    ref: ServiceAccountRef,
    facts: FactReader,
    since: number,
  ): Promise<VerificationReport | undefined> {
    const proof = await this.#newest(ref, since);
    return proof && (await isOf(proof, facts)) ? proof : undefined;
  }

  /**
   * Stores a proof, and drops those that a later report contradicts.
   *
   * @param keepMs - how long it may be asked for
   */
  remember(
    request: VerifyRequest,
    report: VerificationReport,
    keepMs: number,
  ): void {
    const ref = stringifyServiceAccountRef(report.ref);
    const { status, probe } = report;
    const proof = report.proof === 'credentials' && isGood(status);
    const worse =
      !proof && (probe === 'pod' || failureOf(status) === 'finding');
    const since = Date.parse(report.finishedAt) - keepMs;
    this.#proofs = this.#proofs.filter(
      one =>
        Date.parse(one.report.finishedAt) >= since &&
        !(worse && one.ref === ref),
    );
    if (proof) this.#proofs.push({ ref, key: requestKey(request), report });
  }

  async #candidate(request: VerifyRequest, since: number) {
    if (asksNothingElse(request)) {
      const proof = await this.#newest(request.ref, since);
      // That report was judged by an expected role that this request does not name.
      if (proof && proof.expectedRoleSource !== 'input') return proof;
    }
    return this.#newest(request.ref, since, requestKey(request));
  }

  async #newest(ref: ServiceAccountRef, since: number, key?: string) {
    const written = stringifyServiceAccountRef(ref);
    // The newest report of this process might not be stored yet.
    const here = this.#proofs
      .filter(one => one.ref === written && (!key || one.key === key))
      .map(({ report }) => report)
      .filter(report => Date.parse(report.finishedAt) >= since)
      .at(-1);
    const stored = await this.#stored?.lastVerified(ref, new Date(since), key);
    return here && stored && here.finishedAt < stored.finishedAt
      ? stored
      : here ?? stored;
  }
}
