import { EntityProvider } from '@backstage/plugin-catalog-react';
import { screen, waitFor } from '@testing-library/react';
import { fleetOf } from '../../../dev/fleet';
import { renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { EntityIdentitiesCard } from './EntityIdentitiesCard';

const show = (kind: string, associations = fleetOf(64)) =>
  renderOnWorld(
    <EntityProvider
      entity={{
        apiVersion: 'backstage.io/v1alpha1',
        kind,
        metadata: { name: 'checkout' },
      }}
    >
      <EntityIdentitiesCard />
    </EntityProvider>,
    { associations },
  );

it.each([
  ['System', { partOf: 'system:default/checkout' }],
  ['Group', { ownedBy: 'group:default/checkout' }],
])('asks for the counts of a %s alone', async (kind, filter) => {
  const asked = show(kind);
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(Object.fromEntries(asked[0].searchParams)).toEqual({
    ...filter,
    limit: '1',
  });
});

it('counts the identities by status, worst first, with links to them', async () => {
  show('System');
  const [first] = await screen.findAllByRole('link');
  expect(first).toHaveTextContent(/^\d+ Broken$/);
  expect(first).toHaveAttribute(
    'href',
    '/aws-identities/associations?partOf=system%3Adefault%2Fcheckout&status=broken',
  );
});

it('renders nothing where there is none', async () => {
  const asked = show('System', []);
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(screen.queryByText('AWS identities')).not.toBeInTheDocument();
});
