import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  ACCESS_VERDICTS,
  accessCsv,
  type AccessItem,
  accessRoadSchema,
  accessVerdictSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { neverLooked, progressOf } from '../../../dev/access';
import { refusal, type World } from '../../../dev/world';
import {
  access,
  broken,
  find,
  lastQuery,
  nameOf,
  rows,
  show,
  world,
} from '../../__testUtils__/accessPage';
import { address } from '../../__testUtils__/renderOnWorld';

it('has every verdict and every road in its fixtures', () => {
  const all = <T,>(values: T[]) => new Set(values);
  expect(all(access.map(({ verdict }) => verdict))).toEqual(
    all([...accessVerdictSchema.options]),
  );
  expect(all(access.map(({ roads }) => roads[0]))).toEqual(
    all([...accessRoadSchema.options]),
  );
});

describe('the list', () => {
  it('shows what needs a person first, with its verdict, sentence, road, component, SDK and last use', async () => {
    const asked = show();
    const [first] = await rows();
    expect(lastQuery(asked)).toEqual({ limit: '25' });
    expect(screen.getByText('63 service accounts')).toBeInTheDocument();
    expect(within(first).getByText('Broken today').title).toBe(
      ACCESS_VERDICTS.broken.meaning,
    );
    expect(first).toHaveTextContent(
      'Role mailer-prod does not exist, so that its pods get no credentials by it today.',
    );
    expect(first).toHaveTextContent('refused by AWS');
  });

  it('says of an SDK that is too old what it needs', async () => {
    show('?verdict=blocked');
    const [row] = await rows();
    expect(row).toHaveTextContent('boto3 1.28.0');
    expect(within(row).getByText('too old').title).toBe('needs 1.34.41');
    expect(row).toHaveTextContent('unknown SDK');
  });

  it('says which road wins, and which others there are', async () => {
    show('?road=static-keys');
    const [row] = await rows();
    expect(row).toHaveTextContent('Access keyalso IRSA');
  });

  it('leads from a row to the tab of its component and back, with the filters', async () => {
    const row = find('ready', ({ hasTab, claimed }) => hasTab! && !claimed);
    show(`?verdict=ready&q=${nameOf(row)}`);
    const { cluster, namespace, serviceAccount } = row.ref;
    expect(
      await screen.findByRole('link', { name: row.entityTitle }),
    ).toHaveAttribute(
      'href',
      `/catalog/default/component/${serviceAccount}/aws-identity?ref=${cluster}%2F${namespace}%2F${serviceAccount}`,
    );
    expect(
      screen.getByText(row.ownedBy![0].title, { selector: 'p' }),
    ).toBeInTheDocument();
  });

  it('says where only the catalog file links the component', async () => {
    const row = access.find(each => each.claimed)!;
    show(`?q=${nameOf(row)}`);
    const [shown] = await rows();
    expect(within(shown).getByText('by its catalog file')).toBeInTheDocument();
  });
});

it('names the team alone where one of several components is meant', async () => {
  const row = access.find(({ claimed }) => claimed)!;
  const { entityRef: _, entityTitle: __, hasTab: ___, ...ofTeam } = row;
  show('', { ...world, access: [ofTeam] });
  const [shown] = await rows();
  expect(shown).toHaveTextContent(`Component${row.ownedBy![0].title}`);
  expect(within(shown).queryByRole('link')).not.toBeInTheDocument();
});

describe('the filters', () => {
  it('count each verdict, and keep the chosen one in the address', async () => {
    const asked = show();
    const chip = (name: RegExp) => screen.findByRole('radio', { name });
    expect(await chip(/All\s*63/)).toBeChecked();
    await userEvent.click(await chip(/Needs its owner\s*6/));
    expect(await screen.findByText('6 service accounts')).toBeInTheDocument();
    expect(address()).toEqual({ verdict: 'needs-owner' });
    expect(lastQuery(asked)).toEqual({ verdict: 'needs-owner', limit: '25' });
    await userEvent.click(screen.getByText('Go back in the browser'));
    await waitFor(() => expect(address()).toEqual({}));
    expect(await screen.findByText('63 service accounts')).toBeInTheDocument();
  });

  it('come from the address, without what the API would refuse', async () => {
    const asked = show(
      '?cluster=payments-prod&road=irsa&verdict=needs-owner&ownedBy=group:default/fraud&q=fraud&sort=splendid&order=desc',
    );
    await screen.findByText(/^\d+ service accounts?$/);
    expect(lastQuery(asked)).toEqual({
      cluster: 'payments-prod',
      road: 'irsa',
      verdict: 'needs-owner',
      ownedBy: 'group:default/fraud',
      q: 'fraud',
      order: 'desc',
      limit: '25',
    });
    await userEvent.click(
      screen.getByRole('button', { name: 'Clear filters' }),
    );
    await waitFor(() =>
      expect(address()).toEqual({ sort: 'splendid', order: 'desc' }),
    );
  });

  it('choose a road, with how many have it', async () => {
    show();
    await rows();
    await userEvent.click(screen.getByRole('button', { name: /Goes by/ }));
    await userEvent.click(
      await screen.findByRole('option', {
        name: 'kube2iam (3)',
        hidden: false,
      }),
    );
    await waitFor(() => expect(address()).toEqual({ road: 'kube2iam' }));
    expect(await screen.findByText('3 service accounts')).toBeInTheDocument();
  });

  it('choose a team or a cluster in the progress, and let go of it', async () => {
    show();
    const team = await screen.findByRole('button', { name: /Team fraud/ });
    expect(team).toHaveAttribute('aria-pressed', 'false');
    await userEvent.click(team);
    await waitFor(() =>
      expect(address()).toEqual({ ownedBy: 'group:default/fraud' }),
    );
    expect(team).toHaveAttribute('aria-pressed', 'true');
    await userEvent.click(screen.getByRole('button', { name: /^Analytics/ }));
    await waitFor(() =>
      expect(address()).toEqual({
        ownedBy: 'group:default/fraud',
        cluster: 'analytics-staging',
      }),
    );
    await userEvent.click(team);
    await waitFor(() =>
      expect(address()).toEqual({ cluster: 'analytics-staging' }),
    );
  });

  it('sort by what the API sorts by, up and down', async () => {
    const asked = show();
    await rows();
    const header = () =>
      screen.getByRole('columnheader', { name: 'Service account' });
    expect(header()).toHaveAttribute('aria-sort', 'none');
    await userEvent.click(within(header()).getByRole('button'));
    await waitFor(() => expect(lastQuery(asked).sort).toBe('serviceAccount'));
    await waitFor(() =>
      expect(header()).toHaveAttribute('aria-sort', 'ascending'),
    );
    await userEvent.click(within(header()).getByRole('button'));
    await waitFor(() => expect(lastQuery(asked).order).toBe('desc'));
    expect(
      screen.getByRole('columnheader', { name: 'SDK' }),
    ).not.toHaveAttribute('aria-sort');
  });

  it('leaf through pages', async () => {
    const asked = show();
    expect(await rows()).toHaveLength(10);
    await userEvent.click(
      screen.getByRole('button', { name: 'Next table page' }),
    );
    expect(await screen.findByText('11–20 of 63')).toBeInTheDocument();
    expect(lastQuery(asked)).toEqual({ cursor: '10', limit: '25' });
  });
});

describe('without rows', () => {
  const empty: World = { ...world, access: [] };
  it.each<[string, World, string, string]>([
    [
      'nothing was found',
      { ...empty, accessProgress: progressOf([]) },
      'No AWS access was found.',
      'as far as it could be read',
    ],
    [
      'it is switched off',
      { ...empty, accessProgress: { clusters: [], owners: [], days: [] } },
      'This portal does not look at all AWS access.',
      'eksPodIdentity.inventory.enabled',
    ],
    [
      'no cluster was looked at',
      { ...empty, accessProgress: neverLooked },
      'No cluster was looked at yet.',
      'next sweep',
    ],
    [
      'there is no cluster',
      {
        ...empty,
        clusters: [],
        accessProgress: { clusters: [], owners: [], days: [] },
      },
      'No clusters to show.',
      'eksPodIdentity.clusters',
    ],
  ])('because %s', async (_, in_, title, fix) => {
    show('', in_);
    expect(await screen.findByText(title)).toBeInTheDocument();
    expect(document.body).toHaveTextContent(fix);
    expect(screen.queryByRole('searchbox')).not.toBeInTheDocument();
  });

  it('still says what could not be read', async () => {
    show('', {
      ...empty,
      accessProgress: progressOf([], { lacks: ['roles'] }),
    });
    expect(
      await screen.findByText('No AWS access was found.'),
    ).toBeInTheDocument();
    expect(
      await screen.findByRole('region', {
        name: 'One thing could not be read',
      }),
    ).toBeInTheDocument();
  });

  it('offers to clear filters that leave none', async () => {
    show('?q=no-such-thing');
    expect(
      await screen.findByText('Nothing matches these filters.'),
    ).toBeInTheDocument();
    await userEvent.click(
      screen.getAllByRole('button', { name: 'Clear filters' })[0],
    );
    expect(await screen.findByText('63 service accounts')).toBeInTheDocument();
  });

  it('says why it could not be loaded, once, and tries again', async () => {
    const changing: World = {
      ...world,
      access: broken,
      accessProgress: broken,
    };
    show('', changing);
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent(
      'All AWS access could not be loaded.The database does not answer.',
    );
    changing.access = access;
    await userEvent.click(
      within(alert).getByRole('button', { name: 'Try again' }),
    );
    expect(await screen.findByText('63 service accounts')).toBeInTheDocument();
  });

  it('shows no filters to those without the permission', async () => {
    const forbidden = refusal(403, 'NotAllowedError', 'Unauthorized');
    show('', {
      clusters: forbidden,
      access: forbidden,
      accessProgress: forbidden,
    });
    expect(
      await screen.findByText('You are not allowed to see AWS identities.'),
    ).toBeInTheDocument();
    expect(screen.queryByRole('searchbox')).not.toBeInTheDocument();
  });

  it('says that they are loaded', async () => {
    show('', { ...world, access: 'pending', accessProgress: 'pending' });
    expect(
      await screen.findByRole('status', { name: 'Loading all AWS access' }),
    ).toBeInTheDocument();
  });
});

it('explains every verdict and every road on request', async () => {
  show();
  await rows();
  await userEvent.click(screen.getByText('What do the verdicts mean?'));
  for (const { word, meaning } of Object.values(ACCESS_VERDICTS)) {
    expect(
      screen.getByText(word, { selector: 'dt > span' }),
    ).toBeInTheDocument();
    expect(screen.getByText(meaning)).toBeInTheDocument();
  }
  expect(
    screen.getByText('The annotation iam.amazonaws.com/role of pods.'),
  ).toBeInTheDocument();
});

it('saves every row of the filter as CSV, page after page', async () => {
  const saved: Blob[] = [];
  const names: string[] = [];
  const click = jest
    .spyOn(HTMLAnchorElement.prototype, 'click')
    .mockImplementation(function save(this: HTMLAnchorElement) {
      names.push(this.download);
    });
  URL.createObjectURL = blob => {
    saved.push(blob as Blob);
    return 'blob:csv';
  };
  URL.revokeObjectURL = () => {};
  const asked = show('?road=irsa&sort=serviceAccount');
  const of = access.filter(({ roads }) => roads[0] === 'irsa');
  await screen.findByText(`${of.length} service accounts`);
  asked.length = 0;
  await userEvent.click(screen.getByText('Download CSV'));
  expect(
    await screen.findByText(`${of.length} rows saved`),
  ).toBeInTheDocument();
  click.mockRestore();
  const [head, ...lines] = (await saved[0].text()).split('\r\n');
  const [columns, ...expected] = accessCsv(of).split('\r\n');
  expect(head).toBe(`${columns},"component","claimed","owners"`);
  const ofCatalog = ({ entityRef = '', claimed, ownedBy = [] }: AccessItem) =>
    `"${entityRef}","${claimed ? 'true' : ''}","${ownedBy
      .map(owner => owner.entityRef)
      .join(' ')}"`;
  expect([...lines].sort()).toEqual(
    expected.map((line, at) => `${line},${ofCatalog(of[at])}`).sort(),
  );
  expect(names[0]).toMatch(/^aws-access-\d{4}-\d\d-\d\d\.csv$/);
  expect(asked.map(url => url.searchParams.get('cursor'))).toEqual(
    [null, '10', '20', '30'].slice(0, Math.ceil(of.length / 10)),
  );
});
