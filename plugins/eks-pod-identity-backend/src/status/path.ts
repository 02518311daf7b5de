import {
  CheckResult,
  CheckStatus,
  CredentialHop,
  diagnose,
  Diagnosis,
  Finding,
  IdentityStatus,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { CheckId } from 'eks-pod-identity-engine/portal';
import { faultOf } from './faults';

type HopId = CredentialHop['id'];

/** What the rows show of an identity beside its report. */
export interface KnownOfPath {
  ref: ServiceAccountRef;
  clusterTitle: string;
  associationId?: string;
  roleName?: string;
  /** Of an association with a target role, whose path is longer. */
  targetRoleName?: string;
  consoleUrls: { association?: string; role?: string; targetRole?: string };
  /** Its pods have their role by IRSA, and it never had an association. */
  byIrsa?: boolean;
  /** The last run that tried the permissions of the present identity. */
  tried?: VerificationReport;
}

const hopsOf = ({ targetRoleName }: KnownOfPath): HopId[] => [
  ...(['pods', 'service-account', 'association', 'role'] as const),
  ...(targetRoleName ? (['target-role'] as const) : []),
  ...(['policies', 'permissions'] as const),
];

/** Of which one must have passed for its row to be good: what was not looked at is not good. */
const SHOWN_BY: Record<Exclude<HopId, 'permissions'>, readonly CheckId[]> = {
  pods: ['workloads.injected', 'admission.injects'],
  'service-account': ['service-account.exists'],
  association: ['association.exists'],
  role: ['role.trust-policy'],
  'target-role': ['role.target'],
  policies: ['role.policies'],
};

/** Where these are the verdict, no pod works. */
const OF_ALL_PODS: readonly IdentityStatus[] = [
  'no-pod-has-it',
  'other-identity',
  'pods-not-started',
];

/** The way from the agents to EKS, which nodes need. */
const EKS_AUTH_PATH: CheckId = 'cluster.eks-auth-path';

/** Whether the role may assume its target role. */
const TARGET: CheckId = 'role.target';

/** Which row a check tells about. `access.*` is about the portal itself and belongs to none. */
function hopOf(check: CheckResult, hops: readonly HopId[]): HopId | undefined {
  if (check.id === TARGET && hops.includes('target-role')) return 'target-role';
  switch (check.blames ?? check.category) {
    case 'workloads':
    case 'admission':
    case 'agent':
    case 'credentials':
      return 'pods';
    case 'service-account':
      return 'service-account';
    case 'cluster':
      return check.id === EKS_AUTH_PATH ? 'pods' : 'association';
    case 'association':
      return 'association';
    case 'role':
      return 'role';
    case 'permissions':
      return 'permissions';
    default:
      return undefined;
  }
}

const isGood = (check: CheckResult | undefined) =>
  check?.status === 'pass' || check?.status === 'note';

const rankOf = (status: CheckStatus) =>
  ['fail', 'warn', 'unknown'].indexOf(status);

/** What is wrong on a row: the cause of everything if it is here. */
function findingOn(
  id: HopId,
  { cause, others }: Diagnosis,
  hops: readonly HopId[],
): Finding | undefined {
  const here = (finding: Finding | undefined) =>
    finding && hopOf(finding.check, hops) === id ? finding : undefined;
  return (
    here(cause) ??
    others
      .filter(here)
      .sort((one, other) => rankOf(one.severity) - rankOf(other.severity))[0]
  );
}

/** What a row says of a finding; counts of pods and of permissions say it better. */
function saidOf(finding: Finding): string | undefined {
  return finding.severity === 'unknown' || finding.check.counts?.what === 'pods'
    ? undefined
    : faultOf(finding);
}

function policyCount(check: CheckResult | undefined): string | undefined {
  if (check?.status === 'note') return 'no policies';
  const all = check?.counts?.all;
  return all ? `${all} ${all === 1 ? 'policy' : 'policies'}` : undefined;
}

/** What AWS recorded of the application, which no pod of ours has tried. */
const OBSERVED: CheckId = 'permissions.observed';

/** The facts of the rows, each of which its owner can act on. */
class Rows {
  readonly #checks: readonly CheckResult[];
  readonly #permissions: readonly CheckResult[];
  readonly #testedAt?: string;
  readonly #known: KnownOfPath;
  /** The running pods could not be looked at, whatever an earlier run saw of them. */
  readonly #arePodsUnseen: boolean;

  constructor(report: VerificationReport | undefined, known: KnownOfPath) {
    const ofPermissions = (from: VerificationReport | undefined) =>
      from?.checks.filter(
        ({ category, id }) => category === 'permissions' && id !== OBSERVED,
      ) ?? [];
    const own = ofPermissions(report);
    this.#checks = report?.checks ?? [];
    this.#permissions = own.length > 0 ? own : ofPermissions(known.tried);
    this.#testedAt = (own.length > 0 ? report : known.tried)?.finishedAt;
    this.#known = known;
    this.#arePodsUnseen = report?.workloads?.state === 'unknown';
  }

  statusOf(id: HopId): CheckStatus {
    if (id === 'permissions') {
      return this.#permissions.length > 0 && this.#permissions.every(isGood)
        ? 'pass'
        : 'skip';
    }
    if (id === 'pods' && this.#arePodsUnseen) return 'unknown';
    if (id === 'policies' && this.#known.targetRoleName) return 'skip';
    return SHOWN_BY[id].some(name => isGood(this.#check(name)))
      ? 'pass'
      : 'skip';
  }

  /** What a row says. The fault comes before the thing, and behind a failure nothing is said. */
  factsOf(
    id: HopId,
    isReached: boolean,
    finding: Finding | undefined,
  ): Omit<CredentialHop, 'id' | 'status' | 'finding'> {
    const { ref, associationId, clusterTitle, consoleUrls } = this.#known;
    const isSaid = isReached || finding !== undefined;
    const fault = isSaid && finding && saidOf(finding);
    switch (id) {
      case 'pods':
        return { detail: fault || (isSaid ? this.#pods() : '') };
      case 'service-account':
        return {
          name: `${ref.namespace}/${ref.serviceAccount}`,
          detail: fault || '',
        };
      case 'association':
        return {
          name: associationId,
          detail: fault || (isSaid && associationId ? clusterTitle : ''),
          consoleUrl: consoleUrls.association,
        };
      case 'role':
        return {
          name: this.#known.roleName,
          detail: fault || (isSaid && this.#trusted()) || '',
          consoleUrl: consoleUrls.role,
        };
      case 'target-role':
        return {
          name: this.#known.targetRoleName,
          detail: fault || '',
          consoleUrl: consoleUrls.targetRole,
        };
      case 'policies':
        return isSaid ? this.#policies() : { detail: '' };
      default:
        return isSaid ? this.#tests() : { detail: '' };
    }
  }

  #check(id: CheckId) {
    return this.#checks.find(check => check.id === id);
  }

  /** `3 of 5`, where running pods were counted; having the variables is not having the identity. */
  #pods(): string {
    if (this.#arePodsUnseen) return '';
    const running = this.#check('workloads.injected');
    if (running?.counts) {
      const { good = 0, all } = running.counts;
      return `${good} of ${all}`;
    }
    // Of an earlier version, which did not count
    if (isGood(running)) return 'set up';
    return running?.status === 'skip' && !running.becauseOf
      ? 'none running'
      : '';
  }

  #trusted(): string | undefined {
    return isGood(this.#check('role.trust-policy')) ? 'trusts it' : undefined;
  }

  /** Those of a target role, which decide then, are not listed in reports. */
  #policies(): Pick<CredentialHop, 'detail' | 'names' | 'consoleUrl'> {
    const { targetRoleName, consoleUrls } = this.#known;
    const check = this.#check('role.policies');
    if (targetRoleName || !check) return { detail: '' };
    return {
      detail: policyCount(check) ?? '',
      names: check.counts?.names,
      consoleUrl: consoleUrls.role,
    };
  }

  #tests(): Pick<CredentialHop, 'detail' | 'names' | 'testedAt'> {
    const asked = this.#permissions;
    if (asked.length === 0) return { detail: 'not tested' };
    const answered = asked.filter(
      ({ status, withheld }) => status !== 'skip' && !withheld,
    );
    if (answered.length === 0) return { detail: 'not tested' };
    const names = asked.map(({ tested, title }) => tested ?? title);
    const allowed = asked.filter(isGood).length;
    return {
      detail:
        allowed < asked.length
          ? `${allowed} of ${asked.length} allowed`
          : names.join(', '),
      names: asked.flatMap(({ tested }) => tested ?? []),
      testedAt: this.#testedAt,
    };
  }
}

/**
 * The path of the credentials as a report saw it, a row for each fact. Only a failure leaves the rows behind it open: a
 * cause that stands behind another failure stays shown, since the headline names it.
 */
export function credentialPath(
  report: VerificationReport | undefined,
  known: KnownOfPath,
): CredentialHop[] {
  const diagnosis = diagnose({
    status: report?.status ?? 'looks-right',
    workloads: report?.workloads,
    checks: report?.checks ?? [],
  });
  const rows = new Rows(report, known);
  const hops = hopsOf(known);
  if (known.byIrsa) return pathByIrsa(rows, hops);
  let isReached = true;
  return hops.map(id => {
    const found = findingOn(id, diagnosis, hops);
    const finding = isReached || found === diagnosis.cause ? found : undefined;
    const own = isReached ? rows.statusOf(id) : 'skip';
    const hop: CredentialHop = {
      id,
      status: severityOf(finding, diagnosis, report) ?? own,
      ...rows.factsOf(id, isReached, finding),
      finding: finding && shown(finding, diagnosis),
    };
    if (hop.status === 'fail') isReached = false;
    return hop;
  });
}

/** By IRSA nothing of this path is used, and nothing of it is wrong. */
function pathByIrsa(rows: Rows, hops: readonly HopId[]): CredentialHop[] {
  return hops.map(id => {
    const facts = rows.factsOf(id, false, undefined);
    return id === 'pods'
      ? { id, status: 'note', detail: 'by IRSA' }
      : {
          id,
          status: id === 'service-account' ? rows.statusOf(id) : 'skip',
          ...facts,
        };
  });
}

/** What all pods lack is a fault, whatever it is for a single one. */
function severityOf(
  finding: Finding | undefined,
  { cause }: Diagnosis,
  report: VerificationReport | undefined,
): CheckStatus | undefined {
  const isOfAll =
    finding === cause && report && OF_ALL_PODS.includes(report.status);
  return finding && isOfAll ? 'fail' : finding?.severity;
}

function shown(
  { check, followers }: Finding,
  { cause }: Diagnosis,
): CredentialHop['finding'] {
  return {
    checkId: check.id,
    message: check.message,
    fix: check.fix,
    nearby: check.nearby,
    restart: check.restart,
    docsUrl: check.docsUrl,
    isCause: check === cause?.check,
    waiting: followers.length,
  };
}
