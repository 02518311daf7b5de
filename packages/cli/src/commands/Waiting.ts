import type {
  CheckResult,
  IdentityStatus,
  ProbeLevel,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association, Clock } from 'eks-pod-identity-engine';
import { libraries } from '../libraries';

/** These end by themselves, or by what a pipeline does beside this program. Every other status needs a person. */
const PASSING: readonly IdentityStatus[] = [
  'could-not-check',
  'setting-up',
  'rolling-out',
  'restart-needed',
  'partly-works',
  'no-pod-has-it',
];

/** Only a pod of the run itself answers these. */
const OF_THE_POD: readonly CheckResult['category'][] = [
  'credentials',
  'permissions',
];

/** The looks of one `--wait`: whether another one may find better, and what they say together. */
export class Waiting {
  readonly #asked: ProbeLevel;
  readonly #clock: Pick<Clock, 'now'>;
  #changedAt = -Infinity;
  #fingerprint?: string;
  /** Of the look that proved the way to this identity. */
  #proof?: VerificationReport;

  constructor(asked: ProbeLevel, clock: Pick<Clock, 'now'>) {
    this.#asked = asked;
    this.#clock = clock;
  }

  /** Once a pod has proven the way, no second one is run: only the application is looked at. */
  get probe(): ProbeLevel {
    return this.#proof && this.#asked === 'pod' ? 'admission' : this.#asked;
  }

  sawAssociation(association: Association | null): void {
    const { createdAt, modifiedAt } = association ?? {};
    this.#changedAt = Math.max(
      this.#changedAt,
      createdAt ?? -Infinity,
      modifiedAt ?? -Infinity,
    );
  }

  /** The report of the newest look, with what an earlier one has proven of the same identity. */
  add(report: VerificationReport): VerificationReport {
    const { fingerprint } = report;
    if (fingerprint && fingerprint !== this.#fingerprint) {
      if (this.#fingerprint) this.#changedAt = this.#clock.now();
      this.#fingerprint = fingerprint;
    }
    const stands =
      this.#proof &&
      this.#proof.fingerprint === fingerprint &&
      report.way !== 'broken';
    if (!stands) this.#proof = undefined;
    // Without a fingerprint nothing would tell that it is still this identity.
    if (report.way === 'proven' && fingerprint) this.#proof ??= report;
    return this.#proof ? withProof(report, this.#proof) : report;
  }

  /** Whether a later look may find better. */
  mayHelp({ status }: VerificationReport): boolean {
    return status === 'broken'
      ? this.#clock.now() - this.#changedAt < libraries.common.SPREAD_MS
      : PASSING.includes(status);
  }
}

function withProof(
  report: VerificationReport,
  proof: VerificationReport,
): VerificationReport {
  if (report === proof) return report;
  const answered = new Map(
    proof.checks
      .filter(({ category }) => OF_THE_POD.includes(category))
      .map(check => [check.id, check]),
  );
  return {
    ...report,
    status: libraries.common.verdictOf('proven', report.workloads),
    way: 'proven',
    proof: proof.proof,
    probe: proof.probe,
    callerArn: proof.callerArn,
    application: report.application ?? proof.application,
    checks: report.checks.map(check => answered.get(check.id) ?? check),
  };
}
