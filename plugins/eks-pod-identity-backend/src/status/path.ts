import {
  CheckResult,
  CheckStatus,
  CredentialHop,
  diagnose,
  Diagnosis,
  Finding,
  ServiceAccountRef,
  VerificationReport,
  worstStatus,
} from 'backstage-plugin-eks-pod-identity-common';

type HopId = CredentialHop['id'];

const HOPS: HopId[] = [
  'pod',
  'service-account',
  'association',
  'role',
  'access',
];

/** Which hop a check tells about. `access.*` is about the portal itself and belongs to none. */
function hopOf(check: CheckResult): HopId | undefined {
  switch (check.category) {
    case 'workloads':
    case 'admission':
      return 'pod';
    case 'service-account':
      return 'service-account';
    case 'cluster':
    case 'association':
      return 'association';
    case 'role':
      return 'role';
    case 'agent':
    case 'credentials':
    case 'permissions':
      return 'access';
    default:
      return undefined;
  }
}

function accessDetail(checks: CheckResult[]): string {
  const asked = checks.filter(check =>
    ['pass', 'warn', 'fail', 'unknown'].includes(check.status),
  );
  if (asked.length === 0) return 'not tried';
  const passed = asked.filter(check => check.status === 'pass').length;
  return `${passed} of ${asked.length} passed`;
}

/** `3 of 5 have it`, where running pods were counted. */
function podDetail(checks: CheckResult[]): string {
  const counted = checks
    .find(check => check.id === 'workloads.injected')
    ?.observed?.match(/\d+ of \d+/);
  if (counted) return `${counted[0]} have it`;
  return checks.some(
    check => check.id === 'admission.injects' && check.status === 'pass',
  )
    ? 'new pods get it'
    : 'not looked at';
}

const rankOf = (status: CheckStatus) =>
  ['fail', 'warn', 'unknown'].indexOf(status);

/** What is wrong on a hop: the cause of everything if it is here. */
function findingOn(
  id: HopId,
  { cause, others }: Diagnosis,
): Finding | undefined {
  const here = (finding: Finding | undefined) =>
    finding && hopOf(finding.check) === id ? finding : undefined;
  return (
    here(cause) ??
    others
      .filter(here)
      .sort((one, other) => rankOf(one.severity) - rankOf(other.severity))[0]
  );
}

/** What only follows from a finding elsewhere is neither good nor broken. */
function statusOn(
  checks: CheckResult[],
  finding: Finding | undefined,
  { explainedBy }: Diagnosis,
): CheckStatus {
  if (finding) return finding.severity;
  if (checks.some(({ id }) => explainedBy.has(id))) return 'skip';
  const status = worstStatus(checks);
  return status === 'note' ? 'pass' : status;
}

/** The path of the credentials as a report saw it. */
export function credentialPath(
  report: VerificationReport | undefined,
  known: {
    ref: ServiceAccountRef;
    clusterTitle: string;
    roleName?: string;
    consoleUrls: { association?: string; role?: string };
  },
): CredentialHop[] {
  const checks = report?.checks ?? [];
  const diagnosis = diagnose({
    status: report?.status ?? 'consistent',
    checks,
  });
  return HOPS.map(id => {
    const mine = checks.filter(check => hopOf(check) === id);
    const finding = findingOn(id, diagnosis);
    const own = mine.filter(check => !diagnosis.explainedBy.has(check.id));
    const details: Record<HopId, () => string> = {
      pod: () => podDetail(mine),
      'service-account': () =>
        `${known.ref.namespace}/${known.ref.serviceAccount}`,
      association: () => known.clusterTitle,
      role: () => known.roleName ?? 'not known',
      access: () =>
        finding || own.length === mine.length
          ? accessDetail(own)
          : 'not reached',
    };
    return {
      id,
      status: statusOn(mine, finding, diagnosis),
      detail: details[id](),
      consoleUrl:
        id === 'association' || id === 'role'
          ? known.consoleUrls[id]
          : undefined,
      finding: finding && {
        checkId: finding.check.id,
        message: finding.check.message,
        fix: finding.check.fix,
        nearby: finding.check.nearby,
        docsUrl: finding.check.docsUrl,
        isCause: finding === diagnosis.cause,
        waiting: finding.followers.length,
      },
    };
  });
}
