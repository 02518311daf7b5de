import { screen, waitFor } from '@testing-library/react';
import { capitalised } from 'backstage-plugin-eks-pod-identity-common';
import { fleetOf } from '../../../dev/fleet';
import { refusal, type World } from '../../../dev/world';
import { renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { StatusCell } from './StatusCell';

const entity = (name: string) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name },
});

const [verified, broken] = ['verified', 'broken'].map(status => ({
  ...fleetOf(64).find(row => row.status === status)!,
  entityRef: 'component:default/api',
}));

const show = (world: World) =>
  renderOnWorld(
    <>
      <StatusCell entity={entity('api')} />
      <StatusCell entity={entity('other')} />
    </>,
    world,
  );

it('shows the worst of an entity, where it is and how the others are, and asks once for all cells', async () => {
  const associations = [verified, broken, verified, broken];
  const asked = show({ associations });
  const link = await screen.findByRole('link', {
    name: `Broken on ${broken.clusterTitle} · Broken: 1 more · Verified: 2`,
  });
  expect(link).toHaveAttribute(
    'href',
    '/catalog/default/component/api/aws-identity',
  );
  expect(screen.getAllByRole('link')).toHaveLength(1);
  expect(asked).toHaveLength(1);
});

it('has the sentence of the worst, in two lines, with the full one on hover', async () => {
  show({ associations: [verified, broken] });
  const sentence = capitalised(broken.sentence);
  expect(await screen.findByText(sentence)).toHaveAttribute('title', sentence);
});

it('needs no sentence where all is well', async () => {
  show({ associations: [verified] });
  await screen.findByRole('link', { name: 'Verified' });
  expect(screen.queryByTitle(capitalised(verified.sentence))).toBeNull();
});

it.each([
  ['nothing is known of it', undefined, 'Could not check'],
  ['it was proven before', '2026-11-01T00:00:00Z', 'Verified'],
])(
  'shows that one could not be checked beside a verified one, where %s',
  async (_, provenAt, word) => {
    const unknown = {
      ...verified,
      status: 'could-not-check' as const,
      provenAt,
    };
    show({ associations: [unknown, verified] });
    expect(
      await screen.findByRole('link', { name: new RegExp(`^${word} on`) }),
    ).toBeVisible();
  },
);

it('stays empty where the list cannot be loaded', async () => {
  const asked = show({ associations: refusal(500, 'Error', 'No.') });
  await waitFor(() => expect(asked.length).toBeGreaterThan(0));
  expect(screen.queryByRole('link')).not.toBeInTheDocument();
});

it('counts nothing where there are more than it loads', async () => {
  const asked = show({ associations: Array(11).fill(verified), pageLimit: 1 });
  expect(await screen.findByRole('link', { name: 'Verified' })).toBeVisible();
  expect(asked).toHaveLength(10);
});
