const ENGINE = 'packages/engine/src';
const BACKEND = 'plugins/eks-pod-identity-backend/src';
/** Of a verification: their checks are quick to test, what collects their facts is tested with servers. */
const SUBJECTS = [
  'access',
  'cluster',
  'agent',
  'role',
  'association',
  'serviceAccount',
  'admission',
  'credentials',
  'permissions',
  'workloads',
  'probe',
];
/**
 * Which share of the faults of a folder its tests have to notice. `slow`: what the quick tests of a file do not notice
 * is shown to those that start servers, too; elsewhere these count only for a file without a quick test.
 */
export const FOLDERS = [
  ...SUBJECTS.map(subject => ({
    folder: `${ENGINE}/verification/${subject}`,
    goal: 0.92,
    slow: true,
  })),
  { folder: `${ENGINE}/guardrails`, goal: 0.92 },
  { folder: `${ENGINE}/identity`, goal: 0.92 },
  { folder: `${ENGINE}/iam`, goal: 0.92 },
  { folder: `${BACKEND}/status`, goal: 0.92 },
  { folder: `${ENGINE}/lifecycle`, goal: 0.85, slow: true },
  { folder: `${BACKEND}/permissions`, goal: 0.85, slow: true },
  { folder: `${BACKEND}/operations`, goal: 0.85, slow: true },
  { folder: `${BACKEND}/sweep`, goal: 0.85, slow: true },
  { folder: `${BACKEND}/store`, goal: 0.85, slow: true },
];
