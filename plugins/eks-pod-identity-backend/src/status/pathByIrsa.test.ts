import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { checkResult } from './__testUtils__/statusReports';
import { credentialPath } from './path';

const known = {
  ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' },
  clusterTitle: 'Production',
  consoleUrls: {},
};
const exists: CheckResult = {
  ...checkResult('service-account.exists', 'pass'),
  category: 'service-account',
};

it('says of pods that have their role by IRSA that they do, and finds nothing wrong with the rest', () => {
  const path = (...checks: CheckResult[]) =>
    credentialPath({ status: 'uses-irsa', checks } as VerificationReport, {
      ...known,
      byIrsa: true,
    }).map(({ id, status, detail, finding }) => [id, status, detail, finding]);
  expect(path(exists, checkResult('association.exists', 'fail'))).toEqual([
    ['pods', 'note', 'by IRSA', undefined],
    ['service-account', 'pass', '', undefined],
    ['association', 'skip', '', undefined],
    ['role', 'skip', '', undefined],
    ['policies', 'skip', '', undefined],
    ['permissions', 'skip', '', undefined],
  ]);
  expect(path()[1]).toEqual(['service-account', 'skip', '', undefined]);
});

it('does not know the pods that could not be looked at, whatever an earlier run saw of them', () => {
  const counts = { what: 'pods' as const, good: 2, all: 2 };
  const [pods] = credentialPath(
    {
      status: 'could-not-check',
      checks: [checkResult('workloads.injected', 'pass', { counts })],
      workloads: { state: 'unknown', good: 0, all: 0 },
    } as unknown as VerificationReport,
    known,
  );
  expect([pods.status, pods.detail]).toEqual(['unknown', '']);
});
