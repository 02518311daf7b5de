import type { LiveWorkload } from '../../kubernetes/types';
import { RESTARTED_AT } from '../../kubernetes/workloads';
import { podOf, waiting } from '../__testUtils__/rolloutPods';
import { newestPods, troubleOf } from './waitForRollout';

const MARK = '2026-12-01T08:00:00Z';
const names = (pods: any[]) => pods.map(({ metadata }) => metadata.name);

describe('the newest pods of a workload', () => {
  const live = (mark?: string): LiveWorkload =>
    ({
      spec: {
        template: {
          metadata: { annotations: mark ? { [RESTARTED_AT]: mark } : {} },
        },
      },
    } as any);
  const key = (kind: any) => ({ kind, name: 'api' });
  const LATER = '2026-12-01T09:00:00Z';

  it('have the mark of the last restart', () => {
    const pods = [
      podOf('old-a', { mark: 'before' }),
      podOf('new-b', { mark: MARK }),
    ];
    expect(names(newestPods(key('Deployment'), live(MARK), pods))).toEqual([
      'new-b',
    ]);
  });

  it.each(['Deployment', 'StatefulSet', 'DaemonSet'])(
    'of a %s without a mark are made like the newest one',
    kind => {
      const pods = [
        podOf('old-a', { kind }),
        podOf('new-b', { kind, made: LATER }),
        podOf('also-b', { kind, made: '2026-12-01T08:59:00Z' }),
      ];
      expect(names(newestPods(key(kind), live(), pods))).toEqual([
        'new-b',
        'also-b',
      ]);
    },
  );

  it.each<[string, string, object]>([
    ['of another Deployment', 'Deployment', { name: 'jobs-1' }],
    ['of a Deployment with a longer name', 'Deployment', { name: 'apis-1' }],
    ['of another kind', 'StatefulSet', { kind: 'DaemonSet' }],
    ['of another StatefulSet', 'StatefulSet', { name: 'jobs' }],
    ['of a StatefulSet of that name', 'Deployment', { kind: 'StatefulSet' }],
    ['that another object only mentions', 'DaemonSet', { controller: false }],
  ])('are none %s', (_, kind, owner) => {
    const pods = [
      podOf('own-a', { kind }),
      podOf('other-a', { kind, owner, made: LATER }),
    ];
    expect(names(newestPods(key(kind), live(), pods))).toEqual(['own-a']);
    const loose = { metadata: {} } as any;
    expect(newestPods(key(kind), live(), [loose])).toEqual([]);
  });
});

describe('what keeps pods from starting', () => {
  it('is nothing where each starts', () => {
    expect(troubleOf([podOf('a'), podOf('b')])).toBeUndefined();
  });

  it('is what lasts, before what may pass, with every pod that does not start', () => {
    const passing = podOf('a', { status: waiting('CrashLoopBackOff') });
    const lasting = podOf('b', { status: waiting('InvalidImageName') });
    expect(troubleOf([podOf('fine'), passing, lasting])).toMatchObject({
      reason: 'InvalidImageName',
      message: expect.stringMatching(/^b: container app: /),
      pod: 'b',
      certain: true,
      pods: [passing, lasting],
    });
    expect(troubleOf([passing])).toMatchObject({ pod: 'a', certain: false });
  });
});
