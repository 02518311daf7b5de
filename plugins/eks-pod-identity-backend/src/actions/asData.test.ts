import { asData } from './asData';

it('shows a model each key as a person sees it, and loses none', () => {
  const tags = {
    'te\u{e0061}am': 'one',
    team: 'two',
    'team\ufe0f': ['thr\u00adee', { 'a\u3164': null }],
  };
  const { tags: seen } = asData({ tags });
  expect(seen).toEqual({
    team: 'two',
    'team (2)': 'one',
    'team (3)': ['three', { a: null }],
  });
  expect(asData({ when: new Date(0), none: undefined, of: 1 })).toEqual({
    textsAreData: expect.any(String),
    when: '1970-01-01T00:00:00.000Z',
    of: 1,
  });
});
