import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { MoveQueue } from 'backstage-plugin-eks-pod-identity-common';
import { refusal, type World } from '../../../dev/world';
import { access, show, world } from '../../__testUtils__/accessPage';

const row = access.find(
  ({ verdict, ownedBy }) => verdict === 'ready' && ownedBy?.length,
)!;
const [{ entityRef: team, title }] = row.ownedBy!;
const ready = access.filter(
  ({ verdict, ownedBy }) =>
    verdict === 'ready' && ownedBy?.some(({ entityRef }) => entityRef === team),
);
const search = `?ownedBy=${encodeURIComponent(team)}`;

const queue = (more: Partial<MoveQueue> = {}): MoveQueue => ({
  id: 'q-1',
  ownedBy: team,
  state: 'running',
  createdAt: '2026-11-30T10:00:00.000Z',
  moves: [
    { ref: row.ref, state: 'moved' },
    { ref: { ...row.ref, serviceAccount: 'now' }, state: 'moving' },
    { ref: { ...row.ref, serviceAccount: 'later' }, state: 'waiting' },
  ],
  ...more,
});

/** What was asked for, but for reads. */
function shown(moveQueues: World['moveQueues'], more: Partial<World> = {}) {
  const changes: string[] = [];
  show(search, {
    ...world,
    moveQueues,
    onRequest: ({ method, url }) => {
      if (method !== 'GET') changes.push(`${method} ${url.pathname}`);
    },
    ...more,
  });
  return changes;
}

const section = () =>
  screen.findByRole('region', { name: 'Moves of this team' });

describe('moving all that is ready of a team', () => {
  it('shows what would be moved, in order, before it begins', async () => {
    const changes = shown({ items: [], canStart: true });
    await userEvent.click(
      await screen.findByRole('button', { name: /ready of/ }),
    );
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent(`Move all that is ready of ${title}`);
    expect(await within(dialog).findAllByRole('listitem')).toHaveLength(
      ready.length,
    );
    expect(changes).toEqual([]);
    await userEvent.click(
      within(dialog).getByRole('button', { name: /^Move (it|these)/ }),
    );
    expect(changes).toEqual(['POST /v1/move-queues']);
  });

  it('is not offered to those who are not allowed to, nor without a team', async () => {
    shown({ items: [], canStart: false });
    await screen.findByText(/^\d+ service accounts?$/);
    expect(screen.queryByRole('button', { name: /ready of/ })).toBeNull();
  });

  it('shows how far it is, and stops after the one that moves', async () => {
    const changes = shown({ items: [queue()], canStart: true });
    const moves = await section();
    expect(moves).toHaveTextContent(`Moving ${title}: 1 of 3 done`);
    expect(moves).toHaveTextContent('/now');
    expect(
      within(moves).queryByRole('button', { name: /ready of/ }),
    ).toBeNull();
    await userEvent.click(
      within(moves).getByRole('button', { name: 'Stop after this one' }),
    );
    expect(changes).toEqual(['DELETE /v1/move-queues/q-1']);
  });

  it('says what ended it, and offers the rest', async () => {
    const [moved, , later] = queue().moves;
    const message = 'Its roll-out did not end.';
    const why = 'The move of payments-prod/shop/now ended it.';
    shown({
      items: [
        queue({
          state: 'ended',
          why,
          moves: [
            moved,
            { ...later, state: 'failed', message },
            { ...later, message: why },
          ],
        }),
      ],
      canStart: true,
    });
    const moves = await section();
    expect(moves).toHaveTextContent(`Last moves of ${title}: 1 of 3 moved`);
    expect(moves).toHaveTextContent(why);
    expect(moves).toHaveTextContent(`not moved to its end. ${message}`);
    expect(moves).toHaveTextContent(`later: not begun. ${why}`);
    expect(
      await within(moves).findByRole('button', { name: /ready of/ }),
    ).toBeInTheDocument();
  });

  it('says why it could not begin', async () => {
    const why = 'refs: none of these can be moved now.';
    let begun = false;
    shown(
      { items: [], canStart: true },
      {
        onRequest: undefined,
        beforeAnswer: url =>
          url.pathname.endsWith('/move-queues') && begun
            ? refusal(400, 'InputError', why)
            : undefined,
      },
    );
    await userEvent.click(
      await screen.findByRole('button', { name: /ready of/ }),
    );
    const dialog = await screen.findByRole('dialog');
    await within(dialog).findAllByRole('listitem');
    begun = true;
    await userEvent.click(
      within(dialog).getByRole('button', { name: /^Move (it|these)/ }),
    );
    expect(await screen.findByRole('alert')).toHaveTextContent(why);
  });
});
