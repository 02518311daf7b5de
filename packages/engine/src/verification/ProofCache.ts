import {
  stringifyServiceAccountRef,
  type ServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { requestKey } from './requestKey';
import type { VerifyRequest } from './types';

interface Proof {
  ref: string;
  question: string;
  report: VerificationReport;
}

/** Verified pod runs of this process, until something worse is seen of their ref. */
export class RecentProofs {
  #proofs: Proof[] = [];

  /** @param keepMs - how long anybody may ask for it */
  remember(request: VerifyRequest, report: VerificationReport, keepMs: number) {
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
    if (proof) {
      this.#proofs.push({ ref, question: requestKey(request), report });
    }
  }

  /** The newest that answered an equal request. */
  equalTo(request: VerifyRequest, since: number) {
    const question = requestKey(request);
    return this.#newest(since, one => one.question === question);
  }

  /** The newest of a ref, whatever it asked. */
  of(ref: ServiceAccountRef, since: number) {
    const written = stringifyServiceAccountRef(ref);
    return this.#newest(since, one => one.ref === written);
  }

  #newest(
    since: number,
    fits: (one: Proof) => boolean,
  ): VerificationReport | undefined {
    return this.#proofs
      .filter(fits)
      .map(({ report }) => report)
      .filter(report => Date.parse(report.finishedAt) >= since)
      .at(-1);
  }
}
