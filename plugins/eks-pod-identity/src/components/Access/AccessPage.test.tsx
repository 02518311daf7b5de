import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  ACCESS_VERDICTS,
  accessCsv,
  accessRoadSchema,
  accessVerdictSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  accessOf,
  neverLooked,
  progressOf,
  withoutCloudTrail,
  withoutIam,
  withoutNames,
} from '../../../dev/access';
import { clustersOf } from '../../../dev/fleet';
import { refusal, type World } from '../../../dev/world';
import { address, renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { AccessPage } from './AccessPage';

const access = accessOf(63);
const world: World = {
  clusters: clustersOf([]),
  access,
  accessProgress: progressOf(access),
  // Each row takes a while to render
  pageLimit: 10,
};
const broken = refusal(500, 'Error', 'The database does not answer.');

const show = (search = '', in_: World = world) =>
  renderOnWorld(<AccessPage />, in_, search);

const lastQuery = (asked: URL[]) =>
  Object.fromEntries(
    asked.filter(url => url.pathname.endsWith('/access')).at(-1)!.searchParams,
  );

/** Without the header. */
const rows = async () => {
  await screen.findByText(/^\d+ service accounts?$/);
  return within(
    screen.getByRole('table', { name: 'Service accounts with AWS access' }),
  )
    .getAllByRole('row')
    .slice(1);
};

const find = (
  verdict: string,
  more: (row: (typeof access)[number]) => boolean = () => true,
) => access.find(row => row.verdict === verdict && more(row))!;
const nameOf = ({ ref }: (typeof access)[number]) =>
  `${ref.namespace}/${ref.serviceAccount}`;

/** Opens the details of one row, and returns them. */
async function detailsOf(row: (typeof access)[number], in_: World = world) {
  show(`?q=${nameOf(row)}&verdict=${row.verdict}`, in_);
  const toggle = await screen.findByRole('button', {
    name: `Details of ${nameOf(row)}`,
  });
  expect(toggle).toHaveAttribute('aria-expanded', 'false');
  await userEvent.click(toggle);
  expect(toggle).toHaveAttribute('aria-expanded', 'true');
  return document.getElementById(toggle.getAttribute('aria-controls')!)!;
}

/** What stands below a label of the details. */
const below = (details: HTMLElement, label: string) =>
  within(details).getByText(label, { selector: 'dt' }).nextElementSibling!;

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
      'Role mailer-prod does not exist, so that its pods get no credentials today.',
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
    expect(within(shown).getByText('claims it')).toBeInTheDocument();
  });
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

describe('the details', () => {
  it('say the role, its maker, its trust, who else it lets in, and what runs', async () => {
    const details = await detailsOf(find('needs-owner'));
    expect(below(details, 'Role')).toHaveTextContent(
      'invoice-archiveraccount 111122223333Made by CloudFormation, by its tags.',
    );
    expect(below(details, 'Its trust policy')).toHaveTextContent(
      'It names several service accounts.It does not ask for an audience.',
    );
    const others = within(
      below(details, 'The role also lets in') as HTMLElement,
    )
      .getAllByRole('listitem')
      .map(item => item.textContent);
    expect(others).toEqual([
      'service account payments/worker',
      expect.stringMatching(
        /^service accounts like tenant-\*\/app, of the cluster with the issuer oidc\./,
      ),
      'tokens of token.actions.githubusercontent.com',
      'the service ec2.amazonaws.com',
      'arn:aws:iam::111122223333:user/ci',
      '22 more',
    ]);
    expect(below(details, 'Workloads')).toHaveTextContent(
      /^Deployment .*pods?, on EC2$/,
    );
    expect(below(details, 'SDKs that asked by IRSA')).toHaveTextContent(
      /boto3 1\.35\.10, last \d+ minutes ago/,
    );
  });

  it('show a statement as code that can be copied', async () => {
    const user = userEvent.setup();
    const written = jest.spyOn(navigator.clipboard, 'writeText');
    const details = await detailsOf(find('needs-owner'));
    expect(details).toHaveTextContent(
      'Its trust policy takes one more statement:',
    );
    const code = details.querySelector('pre')!;
    expect(JSON.parse(code.textContent!)).toMatchObject({
      Principal: { Service: 'pods.eks.amazonaws.com' },
    });
    await user.click(
      within(details).getByRole('button', { name: 'Copy the snippet' }),
    );
    expect(written).toHaveBeenCalledWith(code.textContent);
    expect(details).toHaveTextContent(
      'Some of its pods are on the network of their node',
    );
  });

  it('say that a role does not exist, and nothing of its trust', async () => {
    const details = await detailsOf(find('broken'));
    expect(below(details, 'Role')).toHaveTextContent('It does not exist.');
    expect(details).not.toHaveTextContent('Its trust policy');
    expect(details).toHaveTextContent(/AWS refused it \d+ minutes ago\./);
  });

  it('lead to the association, where there is one', async () => {
    const row = find('left-over');
    const details = await detailsOf(row);
    const { cluster, namespace, serviceAccount } = row.ref;
    expect(
      within(details).getByRole('link', {
        name: 'Open its Pod Identity association',
      }),
    ).toHaveAttribute(
      'href',
      `/aws-identities/associations?identity=${cluster}%2F${namespace}%2F${serviceAccount}`,
    );
  });

  it('say in one sentence why names are missing, and who has them', async () => {
    const row = withoutNames([find('needs-owner')]);
    const details = await detailsOf(row[0], { ...world, access: row });
    expect(below(details, 'Role').textContent).toBe(
      'Names of its role and account are left out here. Administrators of this portal have them, and the owner whom the tag of the role names.',
    );
    expect(details).not.toHaveTextContent('Its trust policy');
    expect(document.body).not.toHaveTextContent('invoice-archiver');
  });
});

describe('the progress', () => {
  it('says how many of all, of each cluster and of each team go by Pod Identity', async () => {
    show();
    const progress = await screen.findByRole('region', {
      name: 'How many go by Pod Identity',
    });
    const done = access.filter(
      ({ roads }) => roads[0] === 'pod-identity',
    ).length;
    expect(progress).toHaveTextContent(
      `${done} of 63 service accounts go by Pod Identity`,
    );
    for (const [name, id] of [
      ['Payments (production)', 'payments-prod'],
      ['Analytics (staging)', 'analytics-staging'],
    ]) {
      const of = access.filter(({ ref }) => ref.cluster === id);
      const moved = of.filter(
        ({ roads }) => roads[0] === 'pod-identity',
      ).length;
      expect(
        within(progress).getByText(name, {
          exact: false,
          selector: 'button > span',
        }).parentElement,
      ).toHaveTextContent(`${moved} of ${of.length}`);
    }
    expect(
      within(progress).getByRole('button', { name: /Team ledger/ }),
    ).toHaveTextContent(/\d+ of \d+/);
  });

  it('shows the others on request', async () => {
    show();
    await userEvent.click((await screen.findAllByText('1 more'))[0]);
    expect(
      screen.getByRole('button', { name: /^orders-legacy/ }),
    ).toBeInTheDocument();
    expect(screen.getByText('3 more')).toBeInTheDocument();
  });

  it('has a picture over the days, and its figures in a table', async () => {
    show('', { ...world, accessProgress: progressOf(access, { days: 3 }) });
    const table = await screen.findByRole('table', {
      name: 'Service accounts by day',
    });
    expect(within(table).getAllByRole('row')).toHaveLength(4);
    const lines = document.querySelectorAll('figure polyline');
    expect(
      [...lines].map(line => line.getAttribute('points')!.split(' ').length),
    ).toEqual([3, 3]);
    expect(document.querySelector('figcaption')).toHaveTextContent(
      /Since .*: from \d+ of \d+ to here\./,
    );
  });

  it('has no picture of one day alone, but a sentence', async () => {
    show('', { ...world, accessProgress: progressOf(access, { days: 1 }) });
    expect(
      await screen.findByText(/This is the first day\./),
    ).toBeInTheDocument();
    expect(document.querySelector('figure')).toBeNull();
  });

  it('can fail alone', async () => {
    const changing: World = { ...world, accessProgress: broken };
    show('', changing);
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent(
      'The progress could not be loaded. The database does not answer.',
    );
    expect(await rows()).toHaveLength(10);
    changing.accessProgress = progressOf(access);
    await userEvent.click(
      within(alert).getByRole('button', { name: 'Try again' }),
    );
    expect(
      await screen.findByRole('region', {
        name: 'How many go by Pod Identity',
      }),
    ).toBeInTheDocument();
  });
});

describe('what could not be read', () => {
  it('is said once, with what it costs, on which clusters and why', async () => {
    show('', {
      ...world,
      access: withoutIam(withoutCloudTrail(access)),
      accessProgress: progressOf(access, { lacks: ['use', 'roles'] }),
    });
    const gaps = await screen.findByRole('region', {
      name: '2 things could not be read',
    });
    expect(gaps).toHaveTextContent(
      'SDKs and the last use by IRSA are missing, so that no verdict is "ready".',
    );
    expect(within(gaps).getAllByText('Why, on 2 clusters')).toHaveLength(2);
    expect(gaps).toHaveTextContent(
      'Payments (production): CloudTrail was not read: the portal is not authorized to perform cloudtrail:LookupEvents, see docs/permissions.md#aws-reading.',
    );
    expect(gaps).not.toHaveTextContent('orders-legacy');
  });

  it('is named in the cells and in the details, and never looks like none', async () => {
    const unread = withoutIam(withoutCloudTrail([find('needs-owner')]));
    const details = await detailsOf(unread[0], { ...world, access: unread });
    const [row] = await rows();
    expect(within(row).getByText('not read')).toBeInTheDocument();
    expect(below(details, 'Its trust policy')).toHaveTextContent('not read');
    expect(below(details, 'The role also lets in')).toHaveTextContent(
      'not read',
    );
    expect(below(details, 'SDKs that asked by IRSA')).toHaveTextContent(
      'not read',
    );
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
  const expected = accessCsv(of).split('\r\n');
  expect(head).toBe(expected[0]);
  expect([...lines].sort()).toEqual(expected.slice(1).sort());
  expect(names[0]).toMatch(/^aws-access-\d{4}-\d\d-\d\d\.csv$/);
  expect(asked.map(url => url.searchParams.get('cursor'))).toEqual(
    [null, '10', '20', '30'].slice(0, Math.ceil(of.length / 10)),
  );
});
