import type { V1Pod } from '../kubernetes/objects';
import { known } from '../verification/framework/fact';
import { judged, type World } from './__testUtils__/readyFacts';
import type { NodeInUse } from './facts';
import { addEnded, addWorkload } from './specs';

const NODES: NodeInUse[] = [
  { name: 'node', os: 'linux' },
  { name: 'bare', os: 'linux' },
  { name: 'panes', os: 'windows' },
];

/** A CronJob beside nothing else, of which these pods have ended: name of the Job, node, minute. */
function nightly(
  ...ended: [job: string, node: string, minute: number][]
): World {
  return {
    pods: pods => {
      pods.workloads.clear();
      pods.nodes.clear();
      pods.count = 0;
      for (const [name, nodeName, minute] of ended) {
        const creationTimestamp = new Date(minute * 60_000).toISOString();
        const pod = { metadata: { creationTimestamp }, spec: { nodeName } };
        addEnded(pods, pod as V1Pod, { kind: 'Job', name }, []);
      }
    },
    template: template => {
      template.workloads.clear();
      addWorkload(template, { kind: 'CronJob', name: 'sync', containers: 1 });
    },
    facts: { nodes: known(new Map(NODES.map(one => [one.name, one]))) },
  };
}

describe('a CronJob that has no pod now', () => {
  it.each<[string, World, string, RegExp]>([
    [
      'is ready by where it ran last',
      nightly(['sync-1', 'node', 1]),
      'ready',
      /^Ready to move: /,
    ],
    [
      'has only its last run count',
      nightly(['sync-9', 'panes', 1], ['sync-10', 'node', 2]),
      'ready',
      /^Ready to move: /,
    ],
    [
      'is blocked by its last run',
      nightly(['sync-10', 'panes', 2], ['sync-9', 'node', 1]),
      'blocked',
      /^Its pods run on Windows, where Pod Identity does not work\./,
    ],
    [
      'is blocked by Fargate, whose nodes go with their pods',
      nightly(['sync-1', 'fargate-ip-10-0-0-1', 1]),
      'blocked',
      /^Its pods run on Fargate,/,
    ],
    [
      'is blocked by one of the pods of its last run',
      nightly(['sync-1', 'node', 1], ['sync-1', 'panes', 1]),
      'blocked',
      /^Some of its pods run on Windows,/,
    ],
    [
      'is blocked where no agent is',
      nightly(['sync-1', 'bare', 1]),
      'blocked',
      /^No agent is ready on 1 of the 1 nodes/,
    ],
    [
      'is not known where the node is gone',
      nightly(['sync-1', 'gone', 1]),
      'unknown',
      /^Cannot tell: node gone was not among the nodes\.$/,
    ],
    [
      'is not known by the run of another',
      nightly(['sync-full-1', 'node', 1]),
      'unknown',
      /^Cannot tell: no pod of it runs now/,
    ],
    [
      'is not known without a run',
      nightly(),
      'unknown',
      /^Cannot tell: no pod of it runs now/,
    ],
  ])('%s', (_, world, verdict, says) => {
    const row = judged(world);
    expect([row.verdict, row.sentence]).toEqual([
      verdict,
      expect.stringMatching(says),
    ]);
  });

  it('says that its last run told', () => {
    const { compute, pods, reasons } = judged(nightly(['sync-1', 'node', 1]));
    expect({ compute, pods, reasons }).toEqual({
      compute: ['EC2'],
      pods: 0,
      reasons: [
        'Where pods of CronJob sync will run is taken from the last run.',
      ],
    });
  });

  it('stays not known beside pods that run', () => {
    const world = nightly();
    expect(
      judged({
        facts: world.facts,
        template: t => {
          addWorkload(t, { kind: 'CronJob', name: 'sync', containers: 0 });
        },
      }).sentence,
    ).toMatch(
      /^Cannot tell: CronJob sync has no pod now, so that where its pods will run is not known\.$/,
    );
  });
});
