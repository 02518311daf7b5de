import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ClusterOverview } from 'backstage-plugin-eks-pod-identity-common';
import { clustersOf, fleetOf, newCluster } from '../../../dev/fleet';
import { setupOf, setupWithGaps } from '../../../dev/setup';
import { refusal, type World } from '../../../dev/world';
import { address, renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { ClustersPage } from './ClustersPage';

const clusters = [...clustersOf(fleetOf(312)), newCluster];

const show = (in_: World = { clusters }) =>
  renderOnWorld(<ClustersPage />, in_);

const rowOf = async (cluster: string) => {
  const head = await screen.findByRole('rowheader', {
    name: new RegExp(`^${cluster.replace(/[()]/g, '\\$&')}`),
  });
  return head.closest('tr')!;
};
const names = () =>
  screen
    .getAllByRole('rowheader')
    .map(head => head.querySelector('span')!.textContent);

describe('ClustersPage', () => {
  it('shows cluster × status, each number leading to its associations', async () => {
    show();
    const row = await rowOf('Payments (production)');
    expect(
      screen.getByRole('table', { name: 'Associations by cluster and status' }),
    ).toBeInTheDocument();
    expect(
      within(row).getByRole('link', {
        name: '6 associations with status “Broken” on Payments (production)',
      }),
    ).toHaveAttribute(
      'href',
      '/aws-identities/associations?cluster=payments-prod&status=broken',
    );
    expect(
      within(row).getByRole('link', {
        name: '104 associations on Payments (production)',
      }),
    ).toHaveAttribute(
      'href',
      '/aws-identities/associations?cluster=payments-prod',
    );
    expect(within(row).getByText('v1.3.10-eksbuild.1')).toBeInTheDocument();
    expect(within(row).getByText('12 of 12 nodes')).toBeInTheDocument();
  });

  it('has a column for each status that an association has, worst first', async () => {
    const of = (counts: ClusterOverview['counts']) =>
      ({ ...newCluster, counts } as ClusterOverview);
    show({
      clusters: [of({ verified: 3, broken: 0 }), of({ 'restart-needed': 1 })],
    });
    await screen.findAllByRole('rowheader');
    expect(
      screen.getAllByRole('columnheader').map(each => each.textContent),
    ).toEqual([
      'Cluster',
      'All',
      'Restart needed',
      'Verified',
      'Agent',
      'Last sweep',
    ]);
  });

  it('does not link a count of zero', async () => {
    show();
    const row = await rowOf('Search (development)');
    expect(within(row).queryByRole('link')).not.toBeInTheDocument();
    expect(row).toHaveTextContent('No access to the Kubernetes API');
    expect(row).toHaveTextContent('Unknown');
    expect(row).toHaveTextContent('never');
  });

  it('says that the agent is missing only if the cluster could be read', async () => {
    const [seen, unseen] = clusters.map(cluster => ({
      ...cluster,
      agentVersion: undefined,
    }));
    show({
      clusters: [
        { ...seen, agentCoverage: { ready: 0, needed: 6 } },
        { ...unseen, agentCoverage: undefined },
      ],
    });
    expect(await rowOf('Analytics (staging)')).toHaveTextContent(
      'Not installed',
    );
    const row = await rowOf('orders-legacy');
    expect(row).toHaveTextContent('Unknown');
    expect(row).not.toHaveTextContent('Not installed');
  });

  it('says since when a cluster could not be read, and why', async () => {
    show();
    const row = await rowOf('orders-legacy');
    expect(row.nextElementSibling).toHaveTextContent(
      'Not checked since 7 days ago: the Kubernetes API of orders-legacy did not answer: connect ETIMEDOUT 10.12.0.4:443',
    );
  });

  it('lists the worst clusters first, or by name', async () => {
    show();
    await rowOf('orders-legacy');
    // One that cannot be read, then by how many are broken
    expect(names()).toEqual([
      'orders-legacy',
      'Payments (production)',
      'Analytics (staging)',
      'Search (development)',
    ]);
    await userEvent.click(
      screen.getByRole('button', {
        name: /Order of the clusters/,
        hidden: false,
      }),
    );
    await userEvent.click(
      await screen.findByRole('option', { name: 'By name', hidden: false }),
    );
    await waitFor(() => expect(names()[0]).toBe('Analytics (staging)'));
  });

  it('says what to do if there is none', async () => {
    show({ clusters: [] });
    expect(await screen.findByText('No clusters to show.')).toBeInTheDocument();
    expect(screen.queryByRole('table')).not.toBeInTheDocument();
  });

  it('shows an error and retries', async () => {
    const asked = show({
      clusters: refusal(500, 'Error', 'The database does not answer.'),
    });
    expect(
      await screen.findByText('The database does not answer.'),
    ).toBeInTheDocument();
    expect(screen.queryByLabelText('Loading the clusters')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(asked).toHaveLength(2));
  });

  it('has a cluster looked at again, and shows what came of it', async () => {
    const world: World = { clusters: clustersOf(fleetOf(3)) };
    const methods: string[] = [];
    world.onRequest = ({ method, url }) =>
      methods.push(`${method} ${url.pathname}`);
    show(world);
    const row = await rowOf('orders-legacy');
    await userEvent.click(
      within(row).getByRole('button', { name: 'Look again at orders-legacy' }),
    );
    expect(methods).toContain('POST /v1/clusters/orders-legacy/sweep');
    expect(within(row).getByText('Looking…')).toBeInTheDocument();
    world.clusters = clustersOf(fleetOf(3)).map(cluster => ({
      ...cluster,
      lastSweepAt: new Date().toISOString(),
      stale: undefined,
    }));
    expect(await within(row).findByText('just now')).toBeInTheDocument();
    expect(screen.queryByText(/did not answer/)).not.toBeInTheDocument();
  });

  it('offers neither a look nor the setup to those who are not allowed to', async () => {
    show({ clusters: [newCluster] });
    await rowOf('Search (development)');
    expect(
      screen.queryByRole('button', { name: /^Look again/ }),
    ).not.toBeInTheDocument();
    expect(screen.queryByText('Setup')).not.toBeInTheDocument();
  });
});

describe('the setup', () => {
  it('opens from the clusters: gaps with what to apply, what is unknown, and what was not looked at', async () => {
    show({ clusters, setup: setupWithGaps });
    await rowOf('orders-legacy');
    await userEvent.click(screen.getByRole('button', { name: 'Setup' }));
    const section = await screen.findByRole('region', {
      name: 'Payments (production)',
    });
    expect(address()).toEqual({ setup: 'true' });
    expect(section).toHaveTextContent(/1 gap · looked at \d+ minutes ago/);
    const [gap] = within(section)
      .getAllByRole('listitem')
      .filter(item => item.textContent?.includes('denies create pods'));
    expect(gap).toHaveTextContent(/^Failed/);
    expect(gap).toHaveTextContent(
      'Ready in deploy/rbac.yamlExplained in docs/permissions.md#kubernetes-verifying',
    );
    expect(
      within(gap).getByRole('button', { name: 'Copy the snippet' }),
    ).toBeInTheDocument();
    expect(
      within(gap).getByRole('button', { name: 'Copy deploy/rbac.yaml' }),
    ).toBeInTheDocument();
    expect(
      within(section)
        .getByText(/^Not tried/)
        .closest('li'),
    ).toHaveTextContent(/^Unknown/);
    expect(
      screen.getByRole('region', { name: 'orders-legacy' }),
    ).toHaveTextContent('Not looked at yet.');
    expect(
      screen.getByRole('region', { name: 'This portal' }),
    ).toHaveTextContent('localhost:7007');
    expect(
      screen.getByRole('link', { name: /^Open the page/ }),
    ).toHaveAttribute('href', 'https://docs.example.com/checks');
    await userEvent.click(screen.getByRole('button', { name: 'All clusters' }));
    await rowOf('orders-legacy');
  });

  it('is looked at again at one cluster, and says why it could not be', async () => {
    const world: World = {
      setup: setupWithGaps,
      lookedAgain: refusal(
        503,
        'ServiceUnavailableError',
        'The database does not answer.',
      ),
    };
    renderOnWorld(<ClustersPage />, world, '?setup=true');
    const section = await screen.findByRole('region', {
      name: 'Payments (production)',
    });
    const again = within(section).getByRole('button', { name: /^Look again/ });
    await userEvent.click(again);
    expect(await within(section).findByRole('alert')).toHaveTextContent(
      'The database does not answer.',
    );
    world.lookedAgain = setupOf('payments-prod', 'Payments (production)');
    await userEvent.click(again);
    await waitFor(() => expect(section).toHaveTextContent('0 gaps'));
    expect(within(section).queryByRole('alert')).not.toBeInTheDocument();
  });

  it('says who may see it', async () => {
    renderOnWorld(
      <ClustersPage />,
      { setup: refusal(403, 'NotAllowedError', 'No') },
      '?setup=true',
    );
    expect(
      await screen.findByText(
        'The setup is for administrators of this portal.',
      ),
    ).toBeInTheDocument();
  });
});
