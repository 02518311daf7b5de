import {
  CheckResult,
  CheckStatus,
  CredentialHop,
  ServiceAccountRef,
  VerificationReport,
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

const WORST: CheckStatus[] = ['fail', 'warn', 'unknown', 'note', 'pass'];

function worst(checks: CheckResult[]): CheckStatus {
  const found = WORST.find(status =>
    checks.some(check => check.status === status),
  );
  if (!found) return 'skip';
  return found === 'note' ? 'pass' : found;
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
  return checks.some(check => check.status === 'pass')
    ? 'new pods get it'
    : 'not looked at';
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
  return HOPS.map(id => {
    const mine = checks.filter(check => hopOf(check) === id);
    const status = worst(mine);
    const finding = mine.find(
      check =>
        check.status === status && ['fail', 'warn', 'unknown'].includes(status),
    );
    const details: Record<HopId, () => string> = {
      pod: () => podDetail(mine),
      'service-account': () =>
        `${known.ref.namespace}/${known.ref.serviceAccount}`,
      association: () => known.clusterTitle,
      role: () => known.roleName ?? 'not known',
      access: () => accessDetail(mine),
    };
    return {
      id,
      status,
      detail: details[id](),
      consoleUrl:
        id === 'association' || id === 'role'
          ? known.consoleUrls[id]
          : undefined,
      finding: finding && {
        checkId: finding.id,
        message: finding.message,
        fix: finding.fix,
        nearby: finding.nearby,
        docsUrl: finding.docsUrl,
      },
    };
  });
}
