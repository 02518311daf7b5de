import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type {
  MoveQueue,
  MoveRecord,
} from 'backstage-plugin-eks-pod-identity-common';
import { progressOf } from '../../../dev/access';
import { refusal, type World } from '../../../dev/world';
import { access, broken, show, world } from '../../__testUtils__/accessPage';

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

describe('what moves have left in trust policies', () => {
  const since = '2026-11-20T10:00:00.000Z';
  const record = (name: string, more: Partial<MoveRecord>): MoveRecord => ({
    version: 1,
    ref: { cluster: 'payments-prod', namespace: 'shop', serviceAccount: name },
    roleArn: `arn:aws:iam::111122223333:role/shop/${name}-role`,
    record: {},
    ...more,
  });
  const entityRef = 'component:default/shop-api';
  const added = { ownStatement: 'added', since, entityRef } as const;
  const records = [
    record('api', {
      ...added,
      irsa: 'taken-out',
      move: { state: 'finished', stage: 'annotation', since },
    }),
    record('moves', { ...added, move: { state: 'moving', since } }),
    record('rehearsed', added),
    record('old', { ...added, irsa: 'taken-out' }),
    record('later', { version: 9 }),
  ];
  const heading = 'What moves have left in trust policies';
  const open = async (
    moveRecords: World['moveRecords'],
    count = records.length,
    more: Partial<World> = {},
  ) => {
    const accessProgress = { ...progressOf(access), moveRecords: count };
    show('', { ...world, accessProgress, moveRecords, ...more });
    const summary = (await screen.findByText(heading)).closest('details')!;
    await userEvent.click(within(summary).getByText(heading));
    return summary;
  };

  it('names each role, how its move stands, and what is to be done', async () => {
    const left = await open(records);
    expect(left).toHaveTextContent(`${heading}5 records`);
    const link = await within(left).findByRole('link', { name: 'shop/api' });
    const { searchParams } = new URL(link.getAttribute('href')!, 'http://x');
    expect(Object.fromEntries(searchParams)).toEqual({
      cluster: 'payments-prod',
      q: 'shop/api',
    });
    const said = ({ ref }: MoveRecord) =>
      within(left)
        .getByRole('link', { name: `shop/${ref.serviceAccount}` })
        .closest('li');
    const [api, moves, rehearsed, old, later] = records.map(said);
    expect(api).toHaveTextContent(
      /payments-prod, first written .*Role api-role has a statement of the portal.*no longer lets it in by IRSA.*finished, annotation still there, .*Nothing is to do/,
    );
    expect(within(api!).getByRole('link', { name: 'shop-api' })).toBeVisible();
    expect(moves).toHaveTextContent(/moving.*It goes on by itself/);
    expect(rehearsed).toHaveTextContent(
      /No move is under way: see its row\. "Roll back" takes/,
    );
    expect(old).toHaveTextContent(/no longer lets it in by IRSA\.Nothing is/);
    expect(later).toHaveTextContent(/a later version of the portal wrote it\./);
    expect(later).not.toHaveTextContent(/statement of the portal|Roll back/);
    expect(within(left).queryByRole('button')).toBeNull();
  });

  it('says that there are none, and asks for them only once it is opened', async () => {
    const asked: string[] = [];
    const left = await open([], 0, {
      onRequest: ({ url }) => asked.push(url.pathname),
      beforeAnswer: url => {
        const isEarly = !document.querySelector('details[open]');
        return url.pathname.endsWith('/moves') && isEarly ? broken : undefined;
      },
    });
    expect(left).toHaveTextContent(`${heading}0 records`);
    expect(await within(left).findByText(/A role stands here/)).toBeVisible();
    expect(asked.filter(path => path.endsWith('/moves'))).toHaveLength(1);
  });

  it('says why they could not be loaded, and tries again', async () => {
    let isBroken = true;
    const left = await open(records, records.length, {
      beforeAnswer: url =>
        url.pathname.endsWith('/moves') && isBroken ? broken : undefined,
    });
    expect(await within(left).findByRole('alert')).toHaveTextContent(
      'They could not be loaded. The database does not answer.',
    );
    isBroken = false;
    await userEvent.click(within(left).getByRole('button'));
    expect(
      await within(left).findByRole('link', { name: 'shop/api' }),
    ).toBeVisible();
  });

  it('is not there for those who are no administrators', async () => {
    show();
    await screen.findByText(/^\d+ service accounts?$/);
    expect(screen.queryByText(heading)).toBeNull();
  });
});
