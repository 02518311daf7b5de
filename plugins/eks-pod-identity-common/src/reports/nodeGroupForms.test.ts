import type { ClusterAccess } from '../vocabulary/access';
import type { AccessNodeGroup } from '../vocabulary/accessNodes';
import { accessProgress } from '../vocabulary/accessWords';
import {
  accessCsv,
  renderAccessMarkdown,
  renderAccessText,
} from './accessForms';

const quiet: AccessNodeGroup = {
  kind: 'other',
  nodes: 1,
  lookedAt: 0,
  compute: ['EC2'],
  roles: [],
  programs: [],
  candidates: [
    {
      namespace: 'shop',
      serviceAccount: 'web',
      workload: 'Deployment web',
      pods: 1,
    },
  ],
  candidateCount: 1,
  sentence: 'Whether a program acts as the node is not known.',
};
const acted: AccessNodeGroup = {
  ...quiet,
  kind: 'node-pool',
  name: 'batch|1',
  lookedAt: 1,
  roles: ['arn:aws:iam::111122223333:role/nodes'],
  programs: [
    {
      name: 'boto3',
      version: '1.34.0',
      lastAt: '2026-11-29T09:48:00.000Z',
      calls: ['sqs:ListQueues', 'sts:GetCallerIdentity'],
    },
  ],
  candidates: [
    ...quiet.candidates!,
    {
      ...quiet.candidates![0],
      workload: 'DaemonSet\u001b[2J host',
      hostNetwork: true,
    },
  ],
  candidateCount: 5,
  leftOut: 2,
  sentence: 'A program acts.',
};
const access: ClusterAccess = {
  cluster: 'prod',
  at: '2026-11-29T10:00:00.000Z',
  rows: [],
  nodeGroups: [acted, quiet],
  gaps: [],
};

it('says in a terminal who acts as the nodes, with what may be meant where a program does', () => {
  const text = renderAccessText(access);
  expect(text).toContain(
    [
      'Who acts as the nodes:',
      '  Node pool batch|1: A program acts.',
      '    role arn:aws:iam::111122223333:role/nodes',
      '    boto3 1.34.0: sqs:ListQueues, sts:GetCallerIdentity, last at 2026-11-29T09:48:00.000Z',
      '    may be one of: shop/Deployment web, shop/DaemonSet',
    ].join('\n'),
  );
  expect(text).toMatch(
    / host \(network of the node\) and 3 more\n {4}2 DaemonSets of kube-system are left out, which belong to the node\n {2}Other nodes: Whether a program acts as the node is not known\.\n {2}Calls by SDKs for Go/,
  );
  expect(text).not.toContain('\u001b');
});

it('has a section of Markdown for it, and none without groups', () => {
  expect(renderAccessMarkdown(access)).toMatch(
    /## Who acts as the nodes\n\n- \*\*Node pool batch\\\|1\*\*: A program acts\\?\.\n {2}- role arn/,
  );
  const without = { ...access, nodeGroups: undefined };
  for (const render of [renderAccessText, renderAccessMarkdown]) {
    expect(render(without)).not.toContain('Who acts');
  }
});

it('has in the CSV where a move by a portal stands', () => {
  const row = {
    ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' },
    roads: ['irsa' as const],
    verdict: 'ready' as const,
    sentence: 'Ready.',
    reasons: [],
    workloads: [],
    pods: 1,
    compute: [],
  };
  const move = {
    state: 'waiting' as const,
    stage: 'restart' as const,
    since: '2026-11-29T09:48:00.000Z',
  };
  const [names, moving, still] = accessCsv([{ ...row, move }, row])
    .replaceAll('"', '')
    .split('\r\n');
  expect(names).toMatch(/move,moveStage,moveSince$/);
  expect(moving).toMatch(/waiting,restart,2026-11-29T09:48:00\.000Z$/);
  expect(still).toMatch(/,,,$/);
});

it('does not count whom only the name of a Secret tells of', () => {
  const rows = [['pod-identity'], ['irsa', 'secret'], ['secret']] as const;
  expect(accessProgress(rows.map(roads => ({ roads: [...roads] })))).toEqual({
    byPodIdentity: 1,
    total: 2,
  });
});
