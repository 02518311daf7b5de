import type {
  CheckResult,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';

/** What is shown while identities are verified. */
export interface Progress {
  /** One look at an identity begins; `--wait` has several. */
  look(ref: ServiceAccountRef): Look;
  /** Leaves the terminal as it was, however the run ended. */
  end(): void;
}

/** One look at one identity. */
export interface Look {
  /** Ids of its checks, in the order of the credential path. */
  checks(ids: readonly string[]): void;
  /** A check is done. */
  check(result: CheckResult): void;
  log(message: string, level: 'info' | 'warn' | 'error'): void;
  /** @param againIn - seconds until the next look; undefined after the last one */
  done(report: VerificationReport, againIn?: number): void;
}
