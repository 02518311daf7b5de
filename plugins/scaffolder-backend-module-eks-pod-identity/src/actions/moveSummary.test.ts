import type {
  MigrateResult,
  Plan,
} from 'backstage-plugin-eks-pod-identity-common';
import { summaryOf } from './moveSummary';

const ref = { cluster: 'c', namespace: 'n', serviceAccount: 's' };

const step = (id: string, reason: string): Plan['steps'][number] => ({
  id,
  resource: { kind: 'service-account', name: 'n/s' },
  change: 'keep',
  owner: 'external',
  reason,
  dependsOn: [],
});

const plan = (steps: Plan['steps'] = [], conflicts = false): Plan => ({
  kind: 'migrate',
  ref,
  steps,
  warnings: [],
  changes: false,
  conflicts,
});

const done: MigrateResult = {
  kind: 'migrate',
  applied: true,
  changed: true,
  roleArn: 'arn:aws:iam::111122223333:role/r',
  state: 'moved',
  toConfirm: [],
  confirmed: [],
  plan: plan(),
  warnings: [],
};

it.each<[string, Partial<MigrateResult>, boolean, string]>([
  ['moved', {}, false, 'Moved: the running pods of c/n/s have arn:'],
  [
    'finished',
    { state: 'finished' },
    false,
    'lets c/n/s in by Pod Identity alone. What was taken out',
  ],
  ['rehearsed', { state: 'rehearsed' }, false, 'Rehearsed: a pod of another'],
  [
    'waiting for somebody who looks',
    { state: 'moving', toConfirm: ['Deployment a', 'Job b'] },
    true,
    'these work by Pod Identity: Deployment a, Job b. CloudTrail',
  ],
  [
    'waiting for the next run',
    { state: 'moving' },
    true,
    'some of its pods may still use IRSA',
  ],
  [
    'without a rehearsal, because of the trust policy',
    {
      state: 'planned',
      plan: plan([step('rehearsal', 'not rehearsed: x is not let in')]),
    },
    false,
    'The move was not rehearsed: x is not let in.',
  ],
  [
    'without a rehearsal, because it has begun',
    { state: 'planned' },
    false,
    'The move was not rehearsed: it has begun already.',
  ],
  [
    'planned',
    { applied: false, state: 'planned' },
    false,
    'The move of c/n/s was only planned. Nothing was changed.',
  ],
  [
    'planned, with a conflict',
    { applied: false, state: 'planned', plan: plan([], true) },
    false,
    'The move of c/n/s would be refused as it stands. Nothing was changed.',
  ],
])('says that it is %s', (_, part, isWaiting, says) => {
  const summary = summaryOf(ref, { ...done, ...part });
  expect(summary.lines.join('\n')).toContain(says);
  expect(summary.isWaiting).toBe(isWaiting);
});

it('has the plan and the warnings in its Markdown, without foreign markup', () => {
  const { markdown } = summaryOf(ref, {
    ...done,
    applied: false,
    plan: plan([step('back', '[x](https://evil)')], true),
    warnings: ['<img src=x>'],
  });
  expect(markdown).toBe(
    [
      'The move of c/n/s would be refused as it stands. Nothing was changed.',
      '- = keep service account n/s – \\[x\\](https://evil)',
      '> \\<img src=x\\>',
    ].join('\n\n'),
  );
});
