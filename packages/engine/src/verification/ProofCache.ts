import {
  stringifyServiceAccountRef,
  type ServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { fingerprintOf } from './fingerprint';
import { requestKey } from './requestKey';
import type { FactReader } from './runner';
import type { VerifyRequest } from './types';

/** Reports that other processes wrote. */
export interface StoredProofs {
  /**
   * The newest verified pod run of a service account; none where something worse was seen after it.
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

/** True where any proof of the identity is the answer, whatever else it tried. */
function asksNothingElse(request: VerifyRequest): boolean {
  return !request.expectedRoleArn && request.permissionChecks.length === 0;
}

/** True where two looks saw the very same identity; false where a part of it could not be read. */
async function isOf(
  report: VerificationReport,
  facts: FactReader,
): Promise<boolean> {
  return (
    report.fingerprint !== undefined &&
    report.fingerprint === (await fingerprintOf(facts))
  );
}

/**
 * Verified pod runs, of this process and of others, and whether one of them answers a request: what a pod has just
 * proven is not proven again while the identity is the same.
 */
export class ProofCache {
  readonly #stored?: StoredProofs;
  #proofs: Proof[] = [];

  constructor(stored?: StoredProofs) {
    this.#stored = stored;
  }

  /** A proof of the identity as the facts show it that answers the request; undefined when a pod has to run. */
  async answer(
    request: VerifyRequest,
    facts: FactReader,
    since: number,
  ): Promise<VerificationReport | undefined> {
    const proof = await this.#candidate(request, since);
    return proof && (await isOf(proof, facts)) ? proof : undefined;
  }

  /** The newest proof of the identity as the facts show it, whatever was asked. */
  async lastOf(
    ref: ServiceAccountRef,
    facts: FactReader,
    since: number,
  ): Promise<VerificationReport | undefined> {
    const proof = await this.#newest(ref, since);
    return proof && (await isOf(proof, facts)) ? proof : undefined;
  }

  /**
   * Keeps a proof, and forgets those that a later report contradicts.
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
    const proof = probe === 'pod' && status === 'verified';
    const worse =
      !proof &&
      (probe === 'pod' || status === 'failed' || status === 'degraded');
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
      // That one judged by a role which this request does not name.
      if (proof && proof.expectedRoleSource !== 'input') return proof;
    }
    return this.#newest(request.ref, since, requestKey(request));
  }

  async #newest(ref: ServiceAccountRef, since: number, key?: string) {
    const written = stringifyServiceAccountRef(ref);
    // What this process has just seen may not be stored yet.
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
