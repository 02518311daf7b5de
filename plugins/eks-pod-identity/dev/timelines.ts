import {
  timelineSchema,
  type Timeline,
  type TimelineEntry,
} from 'backstage-plugin-eks-pod-identity-common';

const call = (
  service: 'eks' | 'iam' | 'kubernetes',
  operation: string,
  startMs: number,
  durationMs: number,
  more: Partial<Extract<TimelineEntry, { type: 'call' }>> = {},
): TimelineEntry => ({
  type: 'call',
  service,
  operation,
  startMs,
  waitMs: 0,
  durationMs,
  outcome: 'ok',
  ...more,
});

/** A verification with each kind of wait; parsed by the API's schema. */
export const timeline: Timeline = timelineSchema.parse({
  durationMs: 14_210,
  cut: 0,
  entries: [
    call('eks', 'DescribeCluster', 7, 79),
    call('eks', 'ListPodIdentityAssociations', 7, 104),
    { type: 'pause', why: 'turn', startMs: 90, durationMs: 2_400 },
    call('kubernetes', 'get serviceaccounts', 2_496, 32),
    call('kubernetes', 'create selfsubjectaccessreviews', 2_496, 46),
    call('iam', 'GetRole', 2_500, 72, { outcome: 'throttled' }),
    call('iam', 'GetRole', 2_572, 68, { waitMs: 410, waitedFor: 'retry' }),
    call('iam', 'ListAttachedRolePolicies', 3_060, 72, {
      waitMs: 1_250,
      waitedFor: 'pacing',
    }),
    call('kubernetes', 'get mutatingwebhookconfigurations', 3_062, 33),
    call('kubernetes', 'create pods', 3_100, 41),
    { type: 'pause', why: 'propagation', startMs: 3_141, durationMs: 250 },
    call('kubernetes', 'create pods', 3_391, 39),
    call('kubernetes', 'list pods', 3_440, 25),
    call('kubernetes', 'watch pods', 3_470, 10_400),
    call('kubernetes', 'delete pods', 13_880, 15),
  ],
});

/** More rows than are shown at first, and more than were kept. */
export const longTimeline: Timeline = timelineSchema.parse({
  durationMs: 304_000,
  cut: 12,
  entries: Array.from({ length: 75 }, (_, index) => [
    call('eks', 'DescribeAddon', index * 4_050, 50),
    {
      type: 'pause',
      why: 'propagation',
      startMs: index * 4_050 + 50,
      durationMs: 4_000,
    } satisfies TimelineEntry,
  ]).flat(),
});
