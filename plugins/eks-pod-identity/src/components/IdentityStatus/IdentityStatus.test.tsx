import { EntityProvider } from '@backstage/plugin-catalog-react';
import { screen, waitFor } from '@testing-library/react';
import type { EntityIdentities } from 'backstage-plugin-eks-pod-identity-common';
import { fixtures } from '../../../dev/fixtures';
import { renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { EntityIdentityStatus } from '.';

const entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', namespace: 'default' },
  spec: { type: 'service' },
};

const show = (id: string) =>
  renderOnWorld(
    <EntityProvider entity={entity}>
      <EntityIdentityStatus />
    </EntityProvider>,
    {
      entity: (
        fixtures.find(each => each.id === id) as { answer: EntityIdentities }
      ).answer,
    },
  );

describe('EntityIdentityStatus', () => {
  it.each([
    ['verified', 'Verified'],
    [
      'several',
      'Broken on Payments (production) · Partly works: 1 · Verified: 28 · 2 hidden',
    ],
    ['verifying', 'Testing…'],
  ])('says the status in state %s, and leads to the tab', async (id, word) => {
    show(id);
    expect(await screen.findByRole('link', { name: word })).toHaveAttribute(
      'href',
      expect.stringMatching(/\/component\/payments-api\/aws-identity$/),
    );
  });

  it('is nothing where there is no identity', async () => {
    const asked = show('none');
    await waitFor(() => expect(asked).toHaveLength(1));
    expect(screen.queryByRole('link', { name: /./ })).toBeNull();
  });
});
