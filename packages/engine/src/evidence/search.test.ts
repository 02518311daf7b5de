import type {
  EvidenceEvent,
  PodIdentityEvidenceRequest,
} from 'backstage-plugin-eks-pod-identity-common';
import { search } from './search';

const FROM = new Date('2026-11-29T07:00:00.000Z');
const request = { from: FROM } as PodIdentityEvidenceRequest;
const LAST = '2026-11-29T09:00:00.000Z';

/** Searches at most two pages of a source that has pages of so many events; answers how many it asked for, too. */
async function searched(...sizes: number[]) {
  let asked = 0;
  const source = {
    id: 'test',
    async *read() {
      for (const length of sizes) {
        asked += 1;
        yield Array.from({ length }, () => ({ at: LAST } as EvidenceEvent));
      }
    },
  };
  const { events, ...found } = await search(source, request, 2);
  return { ...found, events: events.length, asked };
}

describe('a search of two pages', () => {
  const whole = { from: FROM.toISOString(), isCut: false };

  it.each([
    ['nothing', [], 0],
    ['one page', [49], 49],
    ['a full page and no other', [50], 50],
    ['a second one that is the last', [50, 1], 51],
    ['a second one that is empty', [50, 0], 50],
  ])('has seen everything of %s', async (_, sizes, events) => {
    const found = await searched(...sizes);
    expect(found).toEqual({ ...whole, events, asked: sizes.length });
  });

  it('is cut at a second one that is full, and asks for no third', async () => {
    const found = await searched(50, 50, 50);
    expect(found).toEqual({ from: LAST, isCut: true, events: 100, asked: 2 });
  });
});
