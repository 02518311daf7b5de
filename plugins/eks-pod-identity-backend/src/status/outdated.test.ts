import type {
  Infrastructure,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import {
  API,
  lookOf,
  recorderOn,
  reportOf,
} from './__testUtils__/statusReports';
import { replacedSince } from './outdated';
import { hasFaded } from './staleness';
import { stateAfter } from './stateAfter';

const knex = memoryDatabase();

const WAS: Infrastructure = {
  agent: 'a1',
  webhook: 'w1',
  kubernetes: 'k1',
  nodes: ['ami-1', 'ami-2'],
  nodesInUse: ['ami-1'],
};

describe('what was replaced since a proof', () => {
  const replaced = (is: Infrastructure | undefined, was = WAS) =>
    replacedSince(
      { infrastructure: was },
      is && { infrastructure: { ...WAS, ...is } },
    );

  it.each<[string, Infrastructure, string[]]>([
    ['nothing', {}, []],
    ['the agent', { agent: 'a2' }, ['agent a2']],
    ['the webhook', { webhook: 'w2' }, ['webhook w2']],
    ['the version', { kubernetes: 'k2' }, ['kubernetes k2']],
    [
      'the image of a node in use',
      { nodesInUse: ['ami-1', 'ami-3'] },
      ['nodes ami-3'],
    ],
    ['no image by a move of pods', { nodesInUse: ['ami-2'] }, []],
    ['no image of the pods', { nodes: ['ami-1', 'ami-2', 'ami-3'] }, []],
    [
      'nothing that could not be read',
      { agent: undefined, webhook: undefined, nodes: undefined },
      [],
    ],
    [
      'no image while no pod runs and a node of before is left',
      { nodesInUse: undefined, nodes: ['ami-2', 'ami-3'] },
      [],
    ],
    [
      'all images, while no pod runs',
      { nodesInUse: undefined, nodes: ['ami-3'] },
      ['nodes ami-3'],
    ],
    ['no image of no node', { nodesInUse: undefined, nodes: [] }, []],
  ])('is %s', (_, is, expected) => {
    expect(replaced(is)).toEqual(expected);
  });

  it('is unknown of a report of an earlier version', () => {
    expect(replaced(undefined)).toEqual([]);
    expect(replacedSince({}, { infrastructure: WAS })).toEqual([]);
  });
});

describe('a proof from before another agent', () => {
  const DAY = Date.parse('2026-01-02T00:00:00.000Z');
  const HOUR = 3_600_000;
  const at = (hour: number) => new Date(DAY + hour * HOUR).toISOString();
  const proof = reportOf('p', { infrastructure: WAS });
  const look = (
    id: string,
    is: Infrastructure,
    more: Partial<VerificationReport> = {},
  ) => lookOf(id, { infrastructure: { ...WAS, ...is }, ...more });
  const OTHER = { agent: 'a2' };
  const used = (hour: number): Partial<VerificationReport> => ({
    way: 'proven',
    application: {
      pod: { name: 'api' },
      at: at(hour),
      obtained: 1,
      running: 1,
      services: [],
    },
  });
  const stateOf = (
    before: ServiceAccountState | undefined,
    seen: VerificationReport,
    hour = 0,
    last: object = { proof },
  ) =>
    stateAfter(
      API,
      before,
      { ...last, look: { ...seen, finishedAt: at(hour) } },
      { now: DAY + hour * HOUR, hasAssociation: async () => true },
    );

  it('fades, calmly, until it is proven again', async () => {
    const same = await stateOf(undefined, look('same', {}));
    expect(same.status).toBe('verified');
    const faded = await stateOf(same, look('other', OTHER), 1);
    expect(faded).toMatchObject({
      status: 'looks-right',
      headline:
        'It was last proven on 2026-01-01, with another agent. Verify it again to renew the proof.',
      memory: { replaced: { 'agent a2': DAY } },
    });
    const unread = look('unread', {}, { infrastructure: undefined });
    expect((await stateOf(faded, unread, 2)).headline).toBe(faded.headline);
    const { provenAt, memory } = faded;
    const isFaded = (replaced?: Record<string, number>) =>
      hasFaded(provenAt, DAY + HOUR, 30 * 24 * HOUR, replaced);
    expect(isFaded(memory?.replaced)).toBe(true);
    expect(isFaded()).toBeUndefined();
    const again = reportOf('q', {
      infrastructure: { ...WAS, ...OTHER },
      finishedAt: at(2),
    });
    const proven = await stateOf(faded, again, 2, { proof: again });
    expect(proven.status).toBe('verified');
    expect(proven.memory?.replaced).toBeUndefined();
  });

  it('is renewed by a use since the look before, and by none of before that', async () => {
    const same = await stateOf(undefined, look('same', {}), 1);
    const early = look('early', OTHER, used(1));
    expect((await stateOf(same, early, 2)).status).toBe('looks-right');
    const renewing = look('late', OTHER, used(1.5));
    const renewed = await stateOf(same, renewing, 2);
    expect(renewed).toMatchObject({
      status: 'verified',
      memory: { replaced: { 'agent a2': DAY + HOUR } },
    });
    const others = { webhook: 'w2', kubernetes: 'k2', nodesInUse: ['ami-3'] };
    const all = { ...OTHER, ...others };
    const more = await stateOf(renewed, look('all', all, used(1.5)), 4);
    expect(more).toMatchObject({
      status: 'looks-right',
      headline:
        'It was last proven on 2026-01-02, with another webhook, version of Kubernetes and node image. Verify it again to renew the proof.',
    });
  });

  it('fades once by each node image, however these come and go', async () => {
    const on = (...nodesInUse: string[]) =>
      nodesInUse.length > 0 ? { nodesInUse } : { nodesInUse: undefined };
    const statuses: string[] = [];
    let state = await stateOf(undefined, look('0', {}), 1);
    for (const [hour, images, hourOfUse] of [
      // Another one beside it, which stays alone
      [2, ['ami-3'], 0],
      [3, ['ami-3'], 2.5],
      [4, ['ami-3', 'ami-4'], 2.5],
      [5, ['ami-4'], 4.5],
      // The runs of a CronJob, or a node that comes and goes
      [6, [], 4.5],
      [7, ['ami-3'], 4.5],
      [8, ['ami-1'], 4.5],
      [9, ['ami-4', 'ami-1'], 4.5],
      [10, ['ami-5'], 4.5],
      [11, [], 4.5],
      [12, ['ami-1'], 4.5],
    ] as const) {
      const seen = look(`${hour}`, on(...images), used(hourOfUse));
      state = await stateOf(state, seen, hour);
      statuses.push(state.status);
    }
    expect(statuses).toEqual([
      'looks-right',
      'verified',
      'looks-right',
      ...Array(5).fill('verified'),
      ...Array(3).fill('looks-right'),
    ]);
    expect(state.memory?.replaced).toEqual({
      'nodes ami-3': DAY + HOUR,
      'nodes ami-4': DAY + 3 * HOUR,
      'nodes ami-5': DAY + 9 * HOUR,
    });
  });

  it('counts again once the agent is what it was', async () => {
    const faded = await stateOf(undefined, look('other', OTHER), 1);
    expect((await stateOf(faded, look('back', {}), 2)).status).toBe('verified');
  });

  it('fades by a sweep that sees nothing else, and keeps no report for what changes nothing', async () => {
    const { store, write } = recorderOn(knex);
    const statusAfter = async (...reports: VerificationReport[]) => {
      await write(...reports);
      const { status, lookReportId } = (await store.serviceAccounts.find(API))!;
      return [status, lookReportId];
    };
    const first = look('first', {});
    expect(await statusAfter(proof, first)).toEqual(['verified', 'first']);
    const roomier = look('roomier', { nodes: ['ami-1', 'ami-2', 'ami-3'] });
    expect(await statusAfter(roomier)).toEqual(['verified', 'first']);
    expect(await statusAfter(look('other', OTHER))).toEqual([
      'looks-right',
      'other',
    ]);
    expect(await statusAfter(look('same', OTHER))).toEqual([
      'looks-right',
      'other',
    ]);
    const finishedAt = at(1);
    const on = { ...OTHER, nodesInUse: ['ami-3'] };
    const image = look('image', on, { finishedAt });
    expect(await statusAfter(image)).toEqual(['looks-right', 'image']);
    const gone = look('gone', OTHER, { finishedAt: at(2) });
    expect(await statusAfter(gone)).toEqual(['looks-right', 'image']);
    const renewed = { ...used(3), finishedAt: at(4) };
    expect(await statusAfter(look('used', OTHER, renewed))).toEqual([
      'verified',
      'used',
    ]);
    const later = { ...used(5), finishedAt: at(6) };
    await statusAfter(look('later', OTHER, later));
    const { provenAt } = (await store.serviceAccounts.find(API))!;
    expect(provenAt).toBe(DAY + 5 * HOUR);
  });
});
