import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  capitalised,
  IDENTITY_STATUS_ORDER,
  PodIdentityClient,
  STATUS_WORDS,
  type EntityIdentities,
} from 'backstage-plugin-eks-pod-identity-common';
import { clustersOf, fleetOf, newCluster } from '../../../dev/fleet';
import { fixtures } from '../../../dev/fixtures';
import { refusal, type World } from '../../../dev/world';
import { doubleClick } from '../../__testUtils__/doubleClick';
import { address, renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { AssociationsPage } from './AssociationsPage';

const fleet = fleetOf(64);
const whole: World = { associations: fleet, clusters: clustersOf(fleet) };
/** Its pages have few rows, each of which takes a while to render. */
const world: World = { ...whole, pageLimit: 10 };
const broken = refusal(500, 'Error', 'The database does not answer.');

const verified = fixtures.find(
  each => 'answer' in each && each.answer.identities.length === 1,
) as { answer: EntityIdentities };
const [identity] = verified.answer.identities;
const operation = {
  id: 'o-1',
  kind: 'verify',
  ref: fleet[1].ref,
  state: 'queued',
  initiator: 'user:default/ada',
  createdAt: '2026-11-26T10:00:00.000Z',
  updatedAt: '2026-11-26T10:00:00.000Z',
  lastSeq: 0,
};

const show = (search = '', in_: World = world) =>
  renderOnWorld(<AssociationsPage />, in_, search);

const listed = (asked: URL[]) =>
  asked.filter(url => url.pathname.endsWith('/associations'));
const lastQuery = (asked: URL[]) =>
  Object.fromEntries(listed(asked).at(-1)!.searchParams);

const chip = (name: RegExp) =>
  screen.findByRole('radio', { name, hidden: true });
/** Without the header. */
const rows = async () => {
  await screen.findByText(/^\d+ associations?$/);
  return screen.getAllByRole('row', { hidden: true }).slice(1);
};

/** What a row says, but for how long ago, which changes while a test runs. */
const saidIn = (row: HTMLElement) =>
  row.textContent!.replace(/\d+ \w+ ago/, '');

describe('AssociationsPage', () => {
  it('shows a page of rows, the counts that act as filters, and the total', async () => {
    const asked = show('', whole);
    expect(await screen.findByText('64 associations')).toBeInTheDocument();
    expect(await rows()).toHaveLength(25);
    expect(await chip(/All\s*64/)).toBeChecked();
    expect(await chip(/Broken\s*4/)).not.toBeChecked();
    expect(screen.getByText('1–25 of 64')).toBeInTheDocument();
    expect(lastQuery(asked)).toEqual({ limit: '25' });
    expect(
      screen.queryByRole('button', { name: 'Clear filters' }),
    ).not.toBeInTheDocument();
  });

  it('says beside every status but Verified why', async () => {
    // What uses IRSA has no association, and so no row.
    const statuses = IDENTITY_STATUS_ORDER.filter(one => one !== 'uses-irsa');
    const associations = statuses.map(
      status => fleet.find(row => row.status === status)!,
    );
    show('', { ...whole, associations });
    const shown = await rows();
    expect(shown).toHaveLength(associations.length);
    for (const [index, { status, sentence }] of associations.entries()) {
      const said = shown[index].textContent!;
      expect(said).toContain(STATUS_WORDS[status].word);
      expect([status, said.includes(capitalised(sentence))]).toEqual([
        status,
        status !== 'verified',
      ]);
    }
  });

  it('writes a filter into the address; going back removes it', async () => {
    const asked = show();
    await userEvent.click(await chip(/Broken/));
    expect(await screen.findByText('4 associations')).toBeInTheDocument();
    expect(address()).toEqual({ status: 'broken' });
    expect(lastQuery(asked)).toEqual({ status: 'broken', limit: '25' });

    await userEvent.click(await chip(/Orphans/));
    await waitFor(() => expect(address()).toEqual({ orphan: 'true' }));
    await waitFor(() =>
      expect(lastQuery(asked)).toEqual({ orphan: 'true', limit: '25' }),
    );
    expect(
      screen.getByText(/tagged with a component that is no longer/),
    ).toBeInTheDocument();

    await userEvent.click(screen.getByText('Go back in the browser'));
    await waitFor(() => expect(address()).toEqual({ status: 'broken' }));
    expect(await chip(/Broken/)).toBeChecked();
    expect(await screen.findByText('4 associations')).toBeInTheDocument();
  });

  it('reads the filters from the address, and ignores unknown values', async () => {
    const asked = show(
      '?cluster=payments-prod&owner=portal&q=ledger&status=splendid&drift=maybe',
    );
    await screen.findByText(/^\d+ associations?$/);
    expect(lastQuery(asked)).toEqual({
      cluster: 'payments-prod',
      owner: 'portal',
      q: 'ledger',
      limit: '25',
    });
    expect(screen.getByRole('searchbox')).toHaveValue('ledger');
  });

  it('sorts by a column, which the address keeps', async () => {
    const asked = show();
    await rows();
    await userEvent.click(
      screen.getByRole('columnheader', {
        name: /^Service account/,
        hidden: true,
      }),
    );
    await waitFor(() => expect(address()).toEqual({ sort: 'serviceAccount' }));
    await waitFor(() => expect(lastQuery(asked).sort).toBe('serviceAccount'));
    await userEvent.click(
      screen.getByRole('columnheader', {
        name: /^Service account/,
        hidden: true,
      }),
    );
    await waitFor(() =>
      expect(lastQuery(asked)).toMatchObject({
        sort: 'serviceAccount',
        order: 'desc',
      }),
    );
    // A sort narrows nothing
    expect(
      screen.queryByRole('button', { name: 'Clear filters' }),
    ).not.toBeInTheDocument();
  });

  it('filters by the owner of the component', async () => {
    const asked = show('?ownedBy=group:default/fraud');
    await rows();
    expect(lastQuery(asked).ownedBy).toBe('group:default/fraud');
    expect(screen.getAllByText('Team fraud').length).toBeGreaterThan(1);
    expect(screen.queryByText('Team ledger')).not.toBeInTheDocument();
  });

  it('filters by what applications did', async () => {
    const asked = show('?use=denied');
    const denied = fleet.filter(
      row => row.deniedAt && !row.unused && !row.irsaAt,
    ).length;
    expect(denied).toBeGreaterThan(1);
    expect(
      await screen.findByText(`${denied} associations`),
    ).toBeInTheDocument();
    expect(lastQuery(asked).use).toBe('denied');
  });

  it('verifies what is selected, each with a request of its own, and says what was refused', async () => {
    const started: string[] = [];
    renderOnWorld(<AssociationsPage />, {
      ...world,
      beforeAnswer: url => {
        if (!url.pathname.endsWith('/operations')) return undefined;
        started.push(url.pathname);
        return started.length === 1
          ? refusal(403, 'NotAllowedError', 'You are not allowed to verify it.')
          : { status: 202, body: operation };
      },
    });
    await rows();
    const boxes = screen.getAllByRole('checkbox', { hidden: true }).slice(1);
    expect(boxes).toHaveLength(10);
    // Without the permission a row cannot be selected, the fifth here; its links still lead to its page
    for (const at of [4, 0, 1]) await userEvent.click(boxes[at]);
    expect(boxes[4]).not.toBeChecked();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Verify 2 selected' }),
    );
    expect(
      await screen.findByText(
        '1 verification started. 1 was refused: You are not allowed to verify it.',
      ),
    ).toBeInTheDocument();
    expect(started).toHaveLength(2);
  });

  it('says how many of the verifications are done, and loads their rows again', async () => {
    let end = () => {};
    const ended = new Promise<void>(resolve => {
      end = resolve;
    });
    const following = jest
      .spyOn(PodIdentityClient.prototype, 'followOperation')
      .mockImplementation(async function* follow(id) {
        if (id === 'op-3') await ended;
        if (id === 'op-2') throw new Error('The connection was lost');
      });
    let count = 0;
    const asked = renderOnWorld(<AssociationsPage />, {
      ...world,
      beforeAnswer: url =>
        url.pathname.endsWith('/operations')
          ? { status: 202, body: { ...operation, id: `op-${(count += 1)}` } }
          : undefined,
    });
    await rows();
    const boxes = screen.getAllByRole('checkbox', { hidden: true }).slice(1);
    for (const at of [0, 1, 2]) await userEvent.click(boxes[at]);
    const atFirst = listed(asked).length;
    await userEvent.click(
      await screen.findByRole('button', { name: 'Verify 3 selected' }),
    );
    expect(
      await screen.findByText('1 of 3 verifications done.'),
    ).toBeInTheDocument();
    await waitFor(() => expect(listed(asked).length).toBeGreaterThan(atFirst));
    const before = listed(asked).length;
    end();
    expect(
      await screen.findByText('2 of 3 verifications done.'),
    ).toBeInTheDocument();
    await waitFor(() => expect(listed(asked).length).toBeGreaterThan(before));
    following.mockRestore();
  });

  it('verifies no more at once than the portal takes', async () => {
    show('', whole);
    await rows();
    const [all, first] = screen.getAllByRole('checkbox', { hidden: true });
    await userEvent.click(all);
    // 20 of the 25 rows may be verified
    expect(
      await screen.findByRole('button', { name: 'Verify 20 selected' }),
    ).toBeDisabled();
    expect(screen.getByText('Select 10 at most.')).toBeInTheDocument();
    await userEvent.click(all);
    await userEvent.click(first);
    expect(
      await screen.findByRole('button', { name: 'Verify 1 selected' }),
    ).toBeEnabled();
  });

  it('leads from each row to its association, also without a component', async () => {
    const asked = renderOnWorld(
      <AssociationsPage />,
      { ...world, identity, reports: [] },
      '?status=failed&identity=payments-prod%2Fpayments%2Fapi',
    );
    expect(
      await screen.findByRole('heading', {
        name: 'payments-prod/payments/api',
      }),
    ).toBeInTheDocument();
    expect(
      await screen.findByText(/There is no report yet/),
    ).toBeInTheDocument();
    expect(asked.map(url => url.pathname)).toContain(
      '/v1/service-accounts/payments-prod/payments/api',
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'All associations' }),
    );
    await waitFor(() => expect(address()).toEqual({ status: 'failed' }));
    const [link] = (await rows())[0].querySelectorAll('a');
    expect(link.getAttribute('href')).toMatch(
      /^\/aws-identities\/associations\?status=failed&identity=/,
    );
  });

  it('searches while the user types', async () => {
    const asked = show();
    await userEvent.type(await screen.findByRole('searchbox'), 'fraud-batch');
    await waitFor(() => expect(address()).toEqual({ q: 'fraud-batch' }));
    await waitFor(() => expect(lastQuery(asked).q).toBe('fraud-batch'));
    // Not once per letter
    expect(listed(asked).length).toBeLessThan(6);
  });

  it('pages with the cursors of the API', async () => {
    const asked = show();
    const [first] = await rows();
    const before = saidIn(first);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Next table page' }),
    );
    expect(await screen.findByText('11–20 of 64')).toBeInTheDocument();
    expect(lastQuery(asked)).toEqual({ cursor: '10', limit: '25' });
    expect(address()).toEqual({ page: '2' });
    await waitFor(async () =>
      expect(saidIn((await rows())[0])).not.toBe(before),
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Previous table page' }),
    );
    expect(await screen.findByText('1–10 of 64')).toBeInTheDocument();
    expect(saidIn((await rows())[0])).toBe(before);
    // Another filter begins with its first page
    await userEvent.click(await chip(/Verified/));
    expect(await screen.findByText('1–10 of 24')).toBeInTheDocument();
    expect(address()).toEqual({ status: 'verified' });
  });

  it('opens the page that the address names, and goes back to the one before', async () => {
    const asked = show('?page=2&size=50&q=a', whole);
    expect(await screen.findByText(/^51–\d+ of \d+$/)).toBeInTheDocument();
    expect(listed(asked).map(url => url.searchParams.get('limit'))).toEqual([
      '50',
      '50',
    ]);
    await userEvent.click(
      screen.getByRole('button', { name: 'Previous table page' }),
    );
    expect(await screen.findByText(/^1–50 of \d+$/)).toBeInTheDocument();
    expect(address()).toEqual({ size: '50', q: 'a' });
    await userEvent.click(
      screen.getByRole('button', { name: 'Go back in the browser' }),
    );
    expect(await screen.findByText(/^51–\d+ of \d+$/)).toBeInTheDocument();
  });

  it('groups the list by cause on request, with the rows of one when it is opened', async () => {
    const asked = show('?status=broken', whole);
    await rows();
    await userEvent.click(
      screen.getByRole('switch', { name: 'Group by cause' }),
    );
    expect(address()).toEqual({ status: 'broken', by: 'cause' });
    const region = await screen.findByRole('region', {
      name: 'Grouped by cause',
    });
    const folds = within(region).getAllByRole('group');
    const listedOnes = fleet.filter(({ status }) => status === 'broken');
    const sentences = new Set(listedOnes.map(({ sentence }) => sentence));
    expect(folds).toHaveLength(sentences.size);
    const of = listedOnes.filter(
      ({ sentence }) => sentence === listedOnes[0].sentence,
    );
    const fold = folds.find(one =>
      one.textContent!.includes(listedOnes[0].sentence.slice(1)),
    )!;
    expect(fold).toHaveTextContent(`${of.length} association`);
    expect(within(fold).queryAllByRole('listitem')).toHaveLength(0);
    await userEvent.click(fold.querySelector('summary')!);
    await waitFor(() =>
      expect(within(fold).getAllByRole('listitem')).toHaveLength(
        Math.min(of.length, 25),
      ),
    );
    expect(lastQuery(asked)).toMatchObject({
      status: 'broken',
      cause: of[0].sentence,
    });
    expect(screen.queryByRole('grid')).not.toBeInTheDocument();
  });

  it('keeps the page while one of its associations is looked at', async () => {
    show('?page=2', whole);
    expect(await screen.findByText('26–50 of 64')).toBeInTheDocument();
    const [first] = await rows();
    await userEvent.click(within(first).getAllByRole('link')[0]);
    expect(address()).toEqual({
      page: '2',
      identity: expect.stringContaining('/'),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'All associations' }),
    );
    expect(await screen.findByText('26–50 of 64')).toBeInTheDocument();
  });

  it.each(['?page=9', '?page=-1', '?page=many', '?page=401'])(
    'shows the first page at %s',
    async search => {
      show(search, whole);
      expect(await screen.findByText('1–25 of 64')).toBeInTheDocument();
    },
  );

  it('shows the page that failed when it is tried again', async () => {
    let failing = true;
    show('', {
      ...world,
      beforeAnswer: url =>
        failing && url.searchParams.has('cursor') ? broken : undefined,
    });
    const [first] = await rows();
    const before = saidIn(first);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Next table page' }),
    );
    await screen.findByText('The database does not answer.');
    failing = false;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByText('Table page loaded. 11–20 of 64'),
    ).toBeInTheDocument();
    expect(screen.getByText('11–20 of 64')).toBeInTheDocument();
    expect(saidIn((await rows())[0])).not.toBe(before);
  });

  it('shows the range of the rows on display, whatever was pressed meanwhile', async () => {
    let release!: () => void;
    const released = new Promise<void>(resolve => {
      release = resolve;
    });
    show('', {
      ...world,
      beforeAnswer: url =>
        url.searchParams.has('cursor') ? released : undefined,
    });
    const [first] = await rows();
    const before = saidIn(first);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Next table page' }),
    );
    expect(screen.getByText('1–10 of 64')).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Previous table page' }),
    );
    release();
    expect(
      await screen.findByText('Table page loaded. 1–10 of 64'),
    ).toBeInTheDocument();
    expect(screen.getByText('1–10 of 64')).toBeInTheDocument();
    expect(saidIn((await rows())[0])).toBe(before);
  });

  it('names a component only if the catalog shows it, and links to its identity', async () => {
    show('', { ...world, associations: fleet.slice(12, 15) });
    const [known, , orphan] = await rows();
    expect(
      within(known).getByRole('link', { name: 'fraud-api-12' }),
    ).toHaveAttribute(
      'href',
      '/catalog/default/component/fraud-api-12/aws-identity?ref=analytics-staging%2Ffraud%2Ffraud-api-12',
    );
    expect(within(known).getByText('drifted')).toBeInTheDocument();
    expect(within(orphan).getByText('orphan')).toBeInTheDocument();
    expect(
      within(orphan)
        .getAllByRole('link')
        .map(link => link.textContent),
    ).toEqual([
      'notifications/notifications-batch-14',
      'Remove…',
      'Hand over…',
    ]);
  });

  it('leaves an orphan to those who may settle it', async () => {
    const orphan = { ...fleet[14], can: { verify: false } };
    show('', { ...world, associations: [orphan] });
    const [row] = await rows();
    expect(within(row).getByText('orphan')).toBeInTheDocument();
    expect(within(row).queryByText('Remove…')).not.toBeInTheDocument();
    expect(within(row).queryByText('Hand over…')).not.toBeInTheDocument();
  });

  it('says where a component only claims the identity', async () => {
    const [row] = fleet.slice(12);
    const other = {
      ...row,
      associationId: 'a-other',
      ref: { ...row.ref, serviceAccount: 'other' },
      claimed: true,
    };
    show('', { ...world, associations: [row, other] });
    const [linked, claimed] = await rows();
    expect(within(claimed).getByText('by its catalog file')).toHaveAttribute(
      'title',
      expect.stringContaining('no tag in AWS names it'),
    );
    expect(
      within(linked).queryByText('by its catalog file'),
    ).not.toBeInTheDocument();
  });

  it('shows no component if there is none', async () => {
    show('', { ...world, associations: [fleet[3]] });
    expect(fleet[3].entityRef).toBeUndefined();
    const [row] = await rows();
    const [account, ...others] = within(row).getAllByRole('link');
    expect(account).toHaveTextContent(fleet[3].ref.serviceAccount);
    expect(others).toEqual([]);
    expect(row).not.toHaveTextContent('component:');
  });

  it('says what to do if nothing matches, and clears the filters', async () => {
    show('?q=no+such+thing&status=failed');
    expect(
      await screen.findByText('Nothing matches these filters.'),
    ).toBeInTheDocument();
    const [clear] = screen.getAllByRole('button', { name: 'Clear filters' });
    await userEvent.click(clear);
    expect(await screen.findByText('64 associations')).toBeInTheDocument();
    expect(address()).toEqual({});
    expect(screen.getByRole('searchbox')).toHaveValue('');
  });

  it('keeps the search, its focus and its text if nothing matches', async () => {
    let held: Promise<void> | undefined;
    let release = () => {};
    show('', { ...world, beforeAnswer: () => held });
    await screen.findByText('64 associations');
    const search = screen.getByRole('searchbox');
    await userEvent.type(search, 'no such thing');
    await screen.findByText('Nothing matches these filters.');

    held = new Promise(resolve => {
      release = resolve;
    });
    await userEvent.clear(search);
    await waitFor(() => expect(address()).toEqual({}));
    expect(search).toBeInTheDocument();
    expect(search).toHaveFocus();
    expect(await chip(/All/)).toBeChecked();
    expect(screen.queryByText('No associations yet.')).not.toBeInTheDocument();
    expect(
      screen.queryByText('Nothing matches these filters.'),
    ).not.toBeInTheDocument();

    await userEvent.keyboard('fraud');
    expect(search).toHaveValue('fraud');
    held = undefined;
    release();
    await waitFor(() => expect(address()).toEqual({ q: 'fraud' }));
    expect(await screen.findByText('13 associations')).toBeInTheDocument();
    expect(search).toHaveFocus();
  });

  it('shows no filters if there are no associations', async () => {
    show('', { associations: [], clusters: [newCluster] });
    expect(await screen.findByText('No associations yet.')).toBeInTheDocument();
    expect(screen.queryByRole('searchbox')).not.toBeInTheDocument();
    expect(screen.queryByText('Download CSV')).not.toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'All AWS access' }),
    ).toHaveAttribute('href', '/aws-identities/access');
    expect(document.body).toHaveTextContent('by other roads, such as IRSA');
  });

  it('leads from an orphan to the forms that remove it and hand it over', async () => {
    show('?orphan=true');
    const [row] = await rows();
    const { cluster, namespace, serviceAccount } = fleet[14].ref;
    const form = JSON.stringify({
      clusterName: cluster,
      namespace,
      serviceAccount,
    });
    for (const [name, template] of [
      ['Remove…', 'remove-aws-identity'],
      ['Hand over…', 'give-a-component-an-aws-identity'],
    ]) {
      expect(
        within(row).getByRole('link', { name, hidden: true }),
      ).toHaveAttribute(
        'href',
        `/create/templates/default/${template}?formData=${encodeURIComponent(
          form,
        )}`,
      );
    }
  });

  it('leads to the page of a component whose page has no tab', async () => {
    show();
    const name = fleet[8].ref.serviceAccount;
    expect(
      await screen.findByRole('link', { name, hidden: true }),
    ).toHaveAttribute('href', `/catalog/default/component/${name}`);
  });

  it('names the clusters that could not be read where it has nothing else', async () => {
    show('', { associations: [], clusters: clustersOf([]) });
    const notice = await screen.findByRole('alert');
    expect(notice).toHaveTextContent(
      'No association is known, and a cluster could not be read.orders-legacy: the Kubernetes API of orders-legacy did not answer',
    );
    expect(within(notice).getByRole('link')).toHaveAttribute(
      'href',
      '/aws-identities/clusters',
    );
  });

  it('says that no cluster is configured', async () => {
    show('', { associations: [], clusters: [] });
    expect(await screen.findByText('No clusters to show.')).toBeInTheDocument();
  });

  it('shows an error, retries, and keeps the filters meanwhile', async () => {
    const changing: World = { ...world, associations: broken };
    const asked = show('?status=failed', changing);
    expect(
      await screen.findByText('The AWS identities could not be loaded.'),
    ).toBeInTheDocument();
    expect(
      screen.getByText('The database does not answer.'),
    ).toBeInTheDocument();
    expect(screen.queryByRole('grid')).not.toBeInTheDocument();
    expect(await chip(/Broken/)).toBeChecked();
    expect(listed(asked)).toHaveLength(1);
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(listed(asked)).toHaveLength(2));
    // A bookmark of version 0.1
    expect(lastQuery(asked).status).toBe('broken');
  });

  it.each<[string, World['associations'], string]>([
    [
      'no permission',
      refusal(403, 'NotAllowedError', 'Unauthorized'),
      'You are not allowed to see AWS identities.',
    ],
    [
      'no session',
      refusal(401, 'AuthenticationError', 'Missing credentials'),
      'You are signed out.',
    ],
    [
      'no backend',
      { status: 404 },
      'The AWS identity backend is not installed.',
    ],
  ])('with %s shows no filters, only why', async (_, associations, text) => {
    show('', { ...world, associations });
    expect(await screen.findByText(text)).toBeInTheDocument();
    expect(screen.queryByRole('searchbox')).not.toBeInTheDocument();
    expect(screen.queryByText('Try again')).not.toBeInTheDocument();
  });
});

/** Later than the second click of a double click could be. wall time: at least */
const aMomentLater = () => new Promise(resolve => setTimeout(resolve, 550));

it('explains every status on request', async () => {
  show('');
  await screen.findByText('64 associations');
  await userEvent.click(screen.getByText('What do the statuses mean?'));
  for (const { word, meaning } of Object.values(STATUS_WORDS)) {
    expect(
      screen.getByText(word, { selector: 'dt, dt *' }),
    ).toBeInTheDocument();
    expect(screen.getByText(meaning)).toBeInTheDocument();
  }
});

describe('the CSV of the fleet', () => {
  const saved: Blob[] = [];
  const names: string[] = [];
  const click = jest
    .spyOn(HTMLAnchorElement.prototype, 'click')
    .mockImplementation(function save(this: HTMLAnchorElement) {
      names.push(this.download);
    });
  beforeEach(() => {
    saved.length = 0;
    names.length = 0;
    URL.createObjectURL = blob => {
      saved.push(blob as Blob);
      return 'blob:csv';
    };
    URL.revokeObjectURL = () => {};
  });
  afterAll(() => click.mockRestore());

  it('contains every row of the filter, not only the page', async () => {
    const asked = show('?owner=portal', whole);
    const matching = fleet.filter(row => row.owner === 'portal');
    await screen.findByText(`${matching.length} associations`);
    asked.length = 0;
    await userEvent.click(await screen.findByText('Download CSV'));
    expect(
      await screen.findByText(`${matching.length} rows saved`),
    ).toBeInTheDocument();
    expect(saved).toHaveLength(1);
    const [head, ...lines] = (await saved[0].text()).split('\r\n');
    expect(head).toContain('"serviceAccount"');
    expect(lines).toHaveLength(matching.length);
    expect(names[0]).toMatch(/^aws-identities-\d{4}-\d\d-\d\d\.csv$/);
    expect(asked.map(url => Object.fromEntries(url.searchParams))).toEqual([
      { owner: 'portal', limit: '200' },
    ]);
  });

  it('reads page after page', async () => {
    const asked = show('', { ...whole, pageLimit: 20 });
    await screen.findByText('64 associations');
    asked.length = 0;
    await userEvent.click(await screen.findByText('Download CSV'));
    expect(await screen.findByText('64 rows saved')).toBeInTheDocument();
    expect(asked.map(url => url.searchParams.get('cursor'))).toEqual([
      null,
      '20',
      '40',
      '60',
    ]);
  });

  it('shows its progress, and can be stopped', async () => {
    let pages = 0;
    let release: () => void = () => {};
    const fixed = show('', {
      ...whole,
      pageLimit: 20,
      beforeAnswer: url =>
        url.searchParams.get('limit') === '200' && ++pages === 2
          ? new Promise<void>(resolve => {
              release = resolve;
            })
          : undefined,
    });
    await screen.findByText('64 associations');
    await userEvent.click(await screen.findByText('Download CSV'));
    expect(await screen.findByText('20 of 64 rows')).toBeInTheDocument();
    await aMomentLater();
    await userEvent.click(screen.getByText('Stop the download'));
    expect(await screen.findByText('Download CSV')).toBeInTheDocument();
    const before = fixed.length;
    release();
    // wall time: another question would have come by then
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(fixed).toHaveLength(before);
    expect(saved).toHaveLength(0);
  });

  it('counts a double click as one press', async () => {
    let release!: () => void;
    const released = new Promise<void>(resolve => {
      release = resolve;
    });
    const asked = show('', {
      ...whole,
      beforeAnswer: url =>
        url.searchParams.get('limit') === '200' ? released : undefined,
    });
    await screen.findByText('64 associations');
    asked.length = 0;
    await doubleClick(await screen.findByText('Download CSV'));
    expect(screen.getByText('Stop the download')).toBeInTheDocument();
    release();
    expect(await screen.findByText('64 rows saved')).toBeInTheDocument();
    expect(asked).toHaveLength(1);
    expect(saved).toHaveLength(1);
  });

  it('saves nothing if a page fails, says why, and can be retried', async () => {
    let failing = true;
    show('', {
      ...whole,
      pageLimit: 20,
      beforeAnswer: url =>
        failing && url.searchParams.get('cursor') === '40'
          ? refusal(500, 'Error', 'The database does not answer.')
          : undefined,
    });
    await screen.findByText('64 associations');
    await userEvent.click(await screen.findByText('Download CSV'));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The download failed: The database does not answer.',
    );
    expect(saved).toHaveLength(0);
    failing = false;
    await aMomentLater();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('64 rows saved')).toBeInTheDocument();
    expect(saved).toHaveLength(1);
  });
});
