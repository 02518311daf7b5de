import { cleanup, screen, waitFor } from '@testing-library/react';
import { capitalised } from 'backstage-plugin-eks-pod-identity-common';
import { verified } from '../../../dev/identities';
import { byStatus } from '../../../dev/statuses';
import { refusal, type World } from '../../../dev/world';
import { renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { isIdentity, SearchResult } from './SearchResult';

const found = {
  title: 'AWS identity of payments/api on Production',
  text: 'Role payments-api',
  location: '/aws-identities/associations?q=a-1',
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
  // The index adds what search asks about, which is no part of a service account
  authorization: { resourceRef: 'prod/payments/api' },
};
const TITLE = { name: found.title };

const show = (world: World, result: object = found) =>
  renderOnWorld(<SearchResult result={result as typeof found} />, world);

it('shows an identity that was found with its status of now', async () => {
  const asked = show({ identity: verified });
  expect(await screen.findByRole('link', TITLE)).toHaveAttribute(
    'href',
    found.location,
  );
  expect(await screen.findByText('Verified')).toBeVisible();
  expect(asked.map(({ pathname }) => pathname)).toEqual([
    expect.stringMatching(/\/service-accounts\/prod\/payments\/api$/),
  ]);
});

it('says what is wrong, as the card does, and nothing of what is well', async () => {
  show({ identity: byStatus.broken });
  expect(
    await screen.findByText(capitalised(byStatus.broken.sentence)),
  ).toBeVisible();
  cleanup();
  show({ identity: verified });
  await screen.findByText('Verified');
  expect(screen.queryByText(capitalised(verified.sentence))).toBeNull();
});

it('leads to it where the status cannot be read, and asks for none of what is no identity', async () => {
  const asked = show({ identity: refusal(404, 'NotFoundError', 'No.') });
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(screen.getByRole('link', TITLE)).toBeVisible();

  const { cluster: _, ...other } = found;
  expect(show({}, other)).toEqual([]);
  expect([
    isIdentity({ type: 'aws-identity' }),
    isIdentity({ type: 'x' }),
  ]).toEqual([true, false]);
});
