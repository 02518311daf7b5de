import { FLEET, type FleetSort, type SortedRow } from './fleetSort';

const row: SortedRow = {
  cluster: 'prod',
  namespace: 'payments',
  service_account: 'api',
  association_id: 'a-1',
  sort_key: '3',
};
const names = ['prod', 'payments', 'api', 'a-1'];

/** What the query is asked for. */
function asked(sort: FleetSort, cursor?: string) {
  const calls: unknown[] = [];
  const query = {
    orderByRaw: (sql: string) => calls.push(sql),
    andWhereRaw: (...args: unknown[]) => calls.push(args),
  };
  FLEET.apply(query as any, sort, cursor);
  return calls;
}

const encoded = (value: unknown) =>
  Buffer.from(
    typeof value === 'string' ? value : JSON.stringify(value),
  ).toString('base64url');

describe('a list', () => {
  it('goes on behind the row of a cursor, in its direction', () => {
    const up = { by: 'status' } as const;
    const down = { by: 'role', descending: true } as const;
    expect(asked(up)).toEqual([
      expect.stringMatching(
        /^case .* asc, a\.cluster asc, a\.namespace asc, a\.service_account asc, a\.association_id asc$/,
      ),
    ]);
    expect(asked(up, FLEET.cursorAfter(row, up))[1]).toEqual([
      expect.stringMatching(/\) > \(\?, \?, \?, \?, \?\)$/),
      [3, ...names],
    ]);
    expect(asked(down, FLEET.cursorAfter(row, down))).toEqual([
      expect.stringMatching(/desc, a\.cluster desc/),
      [expect.stringMatching(/\) < \(/), ['3', ...names]],
    ]);
  });

  const key = ['status', 'asc', 3];
  it.each<[string, string]>([
    ['is no base64', '%%%'],
    ['is no JSON', encoded('{')],
    ['is no list', encoded({ length: 7 })],
    ['is of another sort', encoded(['role', 'asc', 'x', ...names])],
    ['is of no sort', encoded(['sky', 'asc', 3, ...names])],
    ['is of another direction', encoded(['status', 'desc', 3, ...names])],
    ['has a key of another type', encoded(['status', 'asc', '3', ...names])],
    ['has too few names', encoded([...key, ...names.slice(1)])],
    ['has too many names', encoded([...key, ...names, 'x'])],
    [
      'has a name that is none',
      encoded([...key, 'prod', 'payments', 'api', 1]),
    ],
    [
      'has a character that PostgreSQL cannot take',
      encoded([...key, 'prod', 'pay\0', 'api', 'a-1']),
    ],
  ])('refuses a cursor that %s', (_, cursor) => {
    expect(() => asked({ by: 'status' }, cursor)).toThrow(
      'The cursor is not one that this list handed out',
    );
  });

  it('takes a cursor of its own again', () => {
    expect(asked({ by: 'status' }, encoded([...key, ...names]))).toHaveLength(
      2,
    );
  });
});
