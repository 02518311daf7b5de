import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { progressOf } from '../../../dev/access';
import { type World } from '../../../dev/world';
import {
  access,
  broken,
  rows,
  show,
  world,
} from '../../__testUtils__/accessPage';

describe('the progress', () => {
  it('says how many of all, of each cluster and of each team go by Pod Identity', async () => {
    show();
    const progress = await screen.findByRole('region', {
      name: 'How many go by Pod Identity',
    });
    // What only the name of a Secret tells counts nowhere
    const counted = access.filter(({ roads }) => roads[0] !== 'secret');
    const done = counted.filter(
      ({ roads }) => roads[0] === 'pod-identity',
    ).length;
    expect([access.length, counted.length]).toEqual([63, 60]);
    expect(progress).toHaveTextContent(
      `${done} of 60 service accounts go by Pod Identity`,
    );
    for (const [name, id] of [
      ['Payments (production)', 'payments-prod'],
      ['Analytics (staging)', 'analytics-staging'],
    ]) {
      const of = counted.filter(({ ref }) => ref.cluster === id);
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

  it('is of the cluster and the team that are chosen, with their picture', async () => {
    const user = userEvent.setup();
    show();
    const choose = async (name: RegExp) => {
      await user.click(await screen.findByRole('button', { name }));
    };
    await choose(/^Team ledger/);
    await choose(/^Payments/);
    const chosen = access.filter(
      ({ ref, ownedBy }) =>
        ref.cluster === 'payments-prod' &&
        ownedBy?.some(({ entityRef }) => entityRef === 'group:default/ledger'),
    );
    const progress = screen.getByRole('region', {
      name: 'How many go by Pod Identity',
    });
    await within(progress).findByText('Team ledger · Payments (production)');
    const done = chosen.filter(({ roads }) => roads[0] === 'pod-identity');
    await within(progress).findByText(
      `${done.length} of ${chosen.length} service accounts go by Pod Identity`,
    );
    const days = within(progress).getByRole('table');
    expect(within(days).getAllByRole('row').at(-1)).toHaveTextContent(
      new RegExp(`${done.length}${chosen.length}$`),
    );
  });

  it('does not say the former figures of what was chosen since', async () => {
    const changing: World = { ...world };
    show('', changing);
    const figures = /service accounts go by Pod Identity/;
    await screen.findByText(figures);
    changing.accessProgress = 'pending';
    await userEvent.click(screen.getByRole('button', { name: /^Team ledger/ }));
    await waitFor(() => expect(screen.queryByText(figures)).toBeNull());
    expect(document.querySelector('figure')).toBeNull();
  });

  it('has no picture of one day alone, but a sentence', async () => {
    show('', { ...world, accessProgress: progressOf(access, { days: 1 }) });
    expect(
      await screen.findByText(/This is the first day\./),
    ).toBeInTheDocument();
    expect(document.querySelector('figure')).toBeNull();
  });

  it('says nothing of days that are not shown, and nothing of today that they do not have', async () => {
    const all = progressOf(access);
    const title = /service accounts go by Pod Identity/;
    show('', {
      ...world,
      accessProgress: { ...all, days: [] },
    });
    await screen.findByText(title);
    expect(screen.queryByText(/This is the first day/)).toBeNull();
    cleanup();
    const last = { ...all.days.at(-1)!, byPodIdentity: 1, total: 2 };
    const days = [...all.days.slice(0, -1), last];
    show('', { ...world, accessProgress: { ...all, days } });
    await screen.findByText(title);
    expect(document.querySelector('figcaption')).toHaveTextContent(
      /From \d+ of \d+ on .* to 1 of 2 on .*\./,
    );
  });

  it('hands on what is worth a look in trust policies, of all or of the team that is chosen', async () => {
    const user = userEvent.setup();
    show();
    const notes = await screen.findByText('Worth a look in trust policies');
    await user.click(notes);
    expect(notes.parentElement).toHaveTextContent(
      /\d+ service accounts: The trust policy of the role asks for no audience\./,
    );
    await user.click(screen.getByRole('button', { name: /^Team ledger/ }));
    expect(
      await screen.findByText('Worth a look in trust policies: Team ledger'),
    ).toBeVisible();
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
