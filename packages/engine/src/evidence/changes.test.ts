import type { PodIdentityEvidenceSource } from 'backstage-plugin-eks-pod-identity-common';
import { systemClock } from '../async/clock';
import { changesRead, type ChangesRequest } from './changes';

const DAY = 24 * 3_600_000;
const arn = (kind: string, name: string, account = '111122223333') =>
  `arn:aws:iam::${account}:${kind}/${name}`;
const nothing: PodIdentityEvidenceSource = {
  id: 'nothing',
  read: async function* read() {
    yield [];
  },
};

async function lackOf(
  now: ChangesRequest['now'],
  daysBack = 1,
): Promise<string | undefined> {
  const until = new Date();
  const { lack } = await changesRead(
    nothing,
    {
      ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
      cluster: {
        id: 'prod',
        name: 'prod',
        region: 'eu-west-1',
        accountId: '111122223333',
      },
      now,
      portalRoles: [],
      from: new Date(until.getTime() - daysBack * DAY),
      until,
      signal: new AbortController().signal,
    } as unknown as ChangesRequest,
    systemClock,
  );
  return lack;
}

const association = {
  id: 'a-1',
  roleArn: arn('role', 'api'),
  disableSessionTags: false,
};
const policies = (count: number) => ({
  attached: Array.from({ length: count }, (_, index) =>
    arn('policy', `own-${index}`),
  ),
  inline: [],
});

describe('a search for changes that is not all of it', () => {
  it('lacks nothing where all is asked for', async () => {
    expect(
      await lackOf({ association, policies: policies(3) }),
    ).toBeUndefined();
  });

  it.each<[string, ChangesRequest['now'], number | undefined, string]>([
    [
      'more policies than are searched',
      { association, policies: policies(5) },
      undefined,
      'Only 3 of its 5 policies were searched.',
    ],
    [
      'a target role of another account',
      {
        association: {
          ...association,
          targetRoleArn: arn('role', 'theirs', '444455556666'),
        },
      },
      undefined,
      'CloudTrail has the changes of theirs in another account.',
    ],
    [
      'a proof from before what CloudTrail keeps',
      { association },
      100,
      'CloudTrail keeps no events of more than 90 days.',
    ],
  ])('says so of %s', async (_, now, daysBack, sentence) => {
    expect(await lackOf(now, daysBack)).toBe(sentence);
  });
});
