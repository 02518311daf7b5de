import type { AccessVerdict } from 'backstage-plugin-eks-pod-identity-common';
import { judged, type World } from './__testUtils__/readyFacts';

const NIGHTLY: World['template'] = template =>
  template.sessionNames.add('nightly');
const depending = (name: string) => ({
  sessionNames: [{ name, policy: 'policy files of role api' }],
});

describe('a name that pods give their sessions', () => {
  it.each<[string, World, AccessVerdict, RegExp]>([
    [
      'and a policy depends on',
      { template: NIGHTLY, ...depending('night*') },
      'blocked',
      /^Policy files of role api depends on the session name night\*, and its pods set nightly\. Pod Identity names sessions itself\.$/,
    ],
    [
      'and a policy holds as a variable',
      { template: NIGHTLY, ...depending('*') },
      'blocked',
      /^Policy files of role api depends on the session name, and its pods set nightly\./,
    ],
    [
      'while a policy depends on that of another',
      { template: NIGHTLY, ...depending('hourly') },
      'unknown',
      /^Cannot tell: policy files of role api depends on the session name hourly, and whether its programs use that is not known\.$/,
    ],
    [
      'or may give by their code',
      depending('nightly'),
      'unknown',
      /^Cannot tell: policy files of role api depends on the session name nightly, and/,
    ],
  ])('%s', (_, world, verdict, sentence) => {
    const row = judged(world);
    expect([row.verdict, row.sentence]).toEqual([
      verdict,
      expect.stringMatching(sentence),
    ]);
  });

  it('and no policy that was read depends on is a note', () => {
    const row = judged({ template: NIGHTLY });
    expect([row.verdict, row.reasons]).toEqual([
      'ready',
      [
        'Its pods set the session name nightly. Pod Identity names sessions itself. Policies of buckets, of keys and of other accounts may depend on it and are not read here.',
      ],
    ]);
  });
});
