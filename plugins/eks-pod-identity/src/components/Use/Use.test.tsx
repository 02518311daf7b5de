import { cleanup, screen, within } from '@testing-library/react';
import { inUse, inUseSummary } from '../../../dev/use';
import { refusal, type World } from '../../../dev/world';
import { renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { UseLine, UseSection } from '.';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'api',
};
const section = (world: World) => renderOnWorld(<UseSection of={ref} />, world);

describe('the use of an identity', () => {
  it('is shown with pod, SDK, services, denials and others, as far as the reader may know them', async () => {
    section({ use: inUse });
    const shown = await screen.findByRole('region', {
      name: 'Used by the application',
    });
    expect(within(shown).getByRole('status')).toHaveTextContent(
      /^obtained by payments-api-7d9f8b6c5-x2x4z at .+ · boto3 1\.35\.10 · S3, STS$/,
    );
    expect(shown).toHaveTextContent('dynamodb DescribeTable · 12 times');
    expect(shown).toHaveTextContent('table/refunds');
    expect(shown).toHaveTextContent(
      'system:serviceaccount:payments:api · this service account, by IRSA · Go v2 1.32.0',
    );
    // Not for this reader
    expect(shown).toHaveTextContent('another service account · 2 times');
  });

  it('says in one line what one would gain where it is off', async () => {
    section({});
    expect(await screen.findByText(/evidence\.cloudTrail/)).toBeInTheDocument();
    expect(screen.queryByText('Denied by AWS')).not.toBeInTheDocument();
  });

  it.each([
    [
      { ...inUse, pods: [], uses: [], others: [] },
      /^Your application has not used it yet/,
    ],
    [
      { ...inUse, pods: [], uses: [] },
      /^This service account obtains the role by IRSA, last .+ ago; no pod of it was seen/,
    ],
    [
      { ...inUse, readUpTo: { events: 200, sessions: 3, calls: 50 } },
      /only the newest 200 events of the role were read · only calls of the newest 3 sessions were read · only the newest 50 calls of each session were read$/,
    ],
    [
      {
        ...inUse,
        state: 'denied' as const,
        reason: 'It is not allowed to look.',
      },
      /AWS does not let the portal read it. It is not allowed to look/,
    ],
    [{ ...inUse, state: 'unread' as const }, /has not been read yet\.$/],
  ])('says why nothing is there', async (use, words) => {
    section({ use });
    expect(await screen.findByText(words)).toBeInTheDocument();
  });

  it('shows why it could not be loaded', async () => {
    section({
      use: refusal(403, 'NotAllowedError', 'You are not allowed to see it.'),
    });
    expect(
      await screen.findByText('You are not allowed to see it.'),
    ).toBeInTheDocument();
  });

  it('is asked for again while the portal searches', async () => {
    const asked = section({ use: { ...inUse, refreshing: true } });
    expect(await screen.findByText(/Reading what is new/)).toBeInTheDocument();
    expect(asked.map(url => url.pathname)).toEqual([
      '/v1/service-accounts/payments-prod/payments/api/use',
    ]);
  });

  it('is not said to be read where AWS does not let it', async () => {
    const denied = { ...inUse, state: 'denied' as const, refreshing: true };
    section({ use: denied });
    expect(
      await screen.findByText(/^AWS does not let the portal read it/),
    ).not.toHaveTextContent('Reading what is new');
  });

  it('is one line on a card that has no better proof, and none where it is off', async () => {
    const lines = (identity: object) =>
      renderOnWorld(<UseLine identity={identity as never} />, {});
    lines({ status: 'looks-right', use: inUseSummary });
    expect(
      await screen.findByText(/^obtained by .+ · S3, STS$/),
    ).toBeInTheDocument();
    expect(
      screen.getByText(/^AWS denied one of its calls/),
    ).toBeInTheDocument();
    cleanup();

    lines({ status: 'verified', use: inUseSummary });
    expect(
      await screen.findByText(/^AWS denied one of its calls/),
    ).toBeInTheDocument();
    expect(screen.queryByText(/^obtained by/)).not.toBeInTheDocument();
    cleanup();

    for (const state of ['off', 'read', 'denied']) {
      lines({ status: 'looks-right', use: { state, services: [] } });
    }
    expect(screen.queryByText(/application|AWS does not/)).toBeNull();
  });
});
