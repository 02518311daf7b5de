import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  type MoveQueue,
  type MoveRecord,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { progressOf } from '../../../dev/access';
import { refusal, type World } from '../../../dev/world';
import { access, broken, show, world } from '../../__testUtils__/accessPage';

const row = access.find(
  ({ verdict, ownedBy }) => verdict === 'ready' && ownedBy?.length,
)!;
const [{ entityRef: team, title }] = row.ownedBy!;
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
    const asked: string[] = [];
    shown(
      { items: [], canStart: true },
      {
        access: ['b', 'c', 'a'].map(serviceAccount => ({
          ...row,
          ref: { ...row.ref, serviceAccount },
        })),
        onRequest: ({ method, body }) => {
          if (method !== 'GET') asked.push(body!);
        },
      },
    );
    await userEvent.click(
      await screen.findByRole('button', { name: /ready of/ }),
    );
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent(`Move all that is ready of ${title}`);
    const rows = await within(dialog).findAllByRole('listitem');
    expect(rows).toHaveLength(3);
    const names = rows.map(({ textContent }) => textContent!.split(' ')[0]);
    expect(asked).toEqual([]);
    await userEvent.click(
      within(dialog).getByRole('button', { name: /^Move (it|these)/ }),
    );
    expect(asked).toHaveLength(1);
    const { ownedBy, refs } = JSON.parse(asked[0]);
    expect(ownedBy).toBe(team);
    expect(refs.map(stringifyServiceAccountRef)).toEqual(names);
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
    const why = 'The move of payments-prod/shop/now ended the queue.';
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
    record('taken', { since, irsa: 'taken-out' }),
    record('waits', { ...added, move: { state: 'waiting', since } }),
    record('broken', { ...added, move: { state: 'stopped', since } }),
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
    expect(left).toHaveTextContent(`${heading}8 records`);
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
    const [api, moves, rehearsed, old, taken, waits, brokenOff, later] =
      records.map(said);
    expect(api).toHaveTextContent(
      /payments-prod, account 111122223333, last added .*A move added a statement to role api-role\.A move took it out of IRSA in role api-role\..*finished, annotation still there, .*There is nothing left to do/,
    );
    expect(within(api!).getByRole('link', { name: 'shop-api' })).toBeVisible();
    expect(moves).toHaveTextContent(/moving.*The portal is working on it\./);
    expect(rehearsed).toHaveTextContent(
      /The portal no longer knows how the move ended\. "Roll back" undoes what it did\./,
    );
    for (const one of [old, taken]) {
      expect(one).toHaveTextContent(
        /If its association is gone, "Roll back" does not put IRSA back/,
      );
      expect(one).not.toHaveTextContent(/nothing left to do/);
    }
    expect(taken).toHaveTextContent(/account 111122223333, first taken out /);
    expect(waits).toHaveTextContent(/The owner of the component confirms/);
    expect(brokenOff).toHaveTextContent(/Go on with it, or roll it back\./);
    expect(later).toHaveTextContent(
      /111122223333Role later-role: this version of the portal cannot tell/,
    );
    expect(later).not.toHaveTextContent(/a statement|Roll back/);
    expect(within(left).queryByRole('button')).toBeNull();
  });

  it('asks for them only once it is opened, also where no row is left', async () => {
    const asked: string[] = [];
    const left = await open(records, records.length, {
      access: [],
      onRequest: ({ url }) => asked.push(url.pathname),
      beforeAnswer: url => {
        const isEarly = !document.querySelector('details[open]');
        return url.pathname.endsWith('/moves') && isEarly ? broken : undefined;
      },
    });
    expect(
      await within(left).findByText(/The portal keeps a record/),
    ).toBeVisible();
    expect(within(left).getByText(/eks:pod-identity:rollback/)).toBeVisible();
    expect(asked.filter(path => path.endsWith('/moves'))).toHaveLength(1);
  });

  it('is not there where they have left nothing', async () => {
    show('', {
      ...world,
      accessProgress: { ...progressOf(access), moveRecords: 0 },
    });
    await screen.findByText(/^\d+ service accounts?$/);
    expect(screen.queryByText(heading)).toBeNull();
  });

  it('says why they could not be loaded, and tries again', async () => {
    let isBroken = true;
    const left = await open(records, records.length, {
      beforeAnswer: url =>
        url.pathname.endsWith('/moves') && isBroken ? broken : undefined,
    });
    expect(await within(left).findByRole('alert')).toHaveTextContent(
      'The records could not be loaded. The database does not answer.',
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
