import type { ProbeLevel } from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterFlags } from '../connect/flags';
import { CliError } from '../exitCodes';
import type { Format, Judging, ReportFile } from '../output/reports';

export interface VerifyFlags extends ClusterFlags, Judging {
  all?: boolean;
  /** The same, and without a namespace. */
  allNamespaces?: boolean;
  namespace?: string;
  /** Of labels of service accounts. */
  selector?: string;
  owner?: string;
  /** Reads from there what applications did. */
  cloudtrail?: boolean;
  concurrency: number;
  probe: ProbeLevel;
  perNodeGroup?: boolean;
  expectRole?: string;
  /** Milliseconds. */
  wait?: number;
  timeout: number;
  output: Format;
  report: ReportFile[];
  manifests: string[];
  bundle?: string;
}

const isWithLines = (format: Format) =>
  format === 'github' || format === 'code-quality';

/**
 * @param all - several identities are verified
 * @throws CliError where flags of `verify` contradict each other
 */
export function assertConsistent(
  subject: string | undefined,
  given: VerifyFlags,
  all: boolean,
): void {
  if (Boolean(subject) === all) {
    throw new CliError(
      'Which service account? Write NAMESPACE/NAME or KIND/NAME, or for every association --namespace NAME or --all-namespaces.',
    );
  }
  if (given.allNamespaces && given.namespace) {
    throw new CliError('--all-namespaces contradicts --namespace.');
  }
  for (const name of ['selector', 'owner'] as const) {
    if (given[name] && !all) {
      throw new CliError(
        `--${name} goes with --namespace NAME or --all-namespaces.`,
      );
    }
  }
  if (given.selector && given.kubernetes === 'none') {
    throw new CliError('--selector asks Kubernetes, not --kubernetes none.');
  }
  if (given.expectRole && all) {
    throw new CliError('--expect-role goes with one service account.');
  }
  if (given.perNodeGroup && given.probe !== 'pod') {
    throw new CliError('--per-node-group goes with --probe pod.');
  }
  if (given.bundle && all) {
    throw new CliError('--bundle goes with one service account.');
  }
  if (given.beforeDeploy && all) {
    throw new CliError('--before-deploy goes with one service account.');
  }
  const forms = [given.output, ...given.report.map(({ format }) => format)];
  if (forms.includes('code-quality') && given.manifests.length === 0) {
    throw new CliError(
      'code-quality needs --manifests: GitLab shows a finding on the line of a file.',
    );
  }
  if (given.manifests.length > 0 && !forms.some(isWithLines)) {
    throw new CliError(
      '--manifests goes with --output github or code-quality, or with such a --report.',
    );
  }
}
