import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { collectNames, disclose, type Known, type Names } from './disclosure';

const HIDDEN = 'component:default/hidden';
const SHOWN = 'component:default/shown';
const ref = (serviceAccount: string) => ({
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount,
});

/** Knows `hidden` and no service account that begins with x. */
const known: Known = {
  isHidden: entity => entity === HIDDEN,
  withoutHidden: text => text.replaceAll(HIDDEN, 'another'),
  isHiddenPage: url => url.includes('/hidden'),
  isReadable: ({ serviceAccount }) => !serviceAccount.startsWith('x'),
};

/** The rule is written by hand here; that of an answer follows from its schema. */
const show = (rule: any, value: unknown) => disclose<any>(rule, value, known);
const names = (rule: any, value: unknown) => {
  const into: Names = { entities: new Set(), serviceAccounts: new Map() };
  collectNames(rule, value, into);
  return [...into.entities, ...into.serviceAccounts.keys()];
};

const report = {
  fields: {
    ref: { fields: {} },
    changes: { each: { fields: { what: 'sentence', by: 'person' } } },
  },
};
const changedBy = (of: object, by?: string) => ({
  ...of,
  changes: [{ what: HIDDEN, ...(by ? { by } : {}) }],
});

const cases = {
  by: 'type',
  cases: {
    log: { fields: { type: 'plain', text: 'sentence' } },
    made: { fields: { type: 'plain', entity: 'entityRef' } },
  },
};
const tag = MARK_TAGS.entityRef;

describe('a part of an answer', () => {
  it.each<[string, any, unknown, unknown]>([
    ['is shown as it is', 'plain', HIDDEN, HIDDEN],
    [
      'has no hidden name in a sentence',
      'sentence',
      `of ${HIDDEN}`,
      'of another',
    ],
    ['is left out where it is a hidden entity', 'entityRef', HIDDEN, undefined],
    ['is shown where it is another entity', 'entityRef', SHOWN, SHOWN],
    [
      'has no links to hidden pages, nor hidden names in titles',
      'links',
      [
        { title: HIDDEN, url: '/shown', more: 1 },
        { title: 'Page', url: '/hidden' },
      ],
      [{ title: 'another', url: '/shown' }],
    ],
    [
      'suggests what the reader may see',
      'suggestions',
      [ref('x'), ref('a')],
      [ref('a')],
    ],
    [
      'suggests three at most',
      'suggestions',
      ['a', 'b', 'c', 'd'].map(ref),
      ['a', 'b', 'c'].map(ref),
    ],
    [
      'suggests nothing where nothing is left',
      'suggestions',
      [ref('x')],
      undefined,
    ],
    [
      'names a person to those who may read what the person did something to',
      report,
      changedBy({ ref: ref('a') }, `ada of ${HIDDEN}`),
      {
        ref: {},
        changes: [{ what: 'another', by: 'ada of another' }],
      },
    ],
    [
      'names no person to others',
      { fields: { result: report } },
      { result: changedBy({ ref: ref('x') }, 'ada') },
      { result: { ref: {}, changes: [{ what: 'another' }] } },
    ],
    [
      'names no person where nothing says what it is about',
      report,
      changedBy({ ref: 'prod/payments/a' }, 'ada'),
      { ref: {}, changes: [{ what: 'another' }] },
    ],
    [
      'is shown item by item',
      { each: 'sentence' },
      [HIDDEN, 'a'],
      ['another', 'a'],
    ],
    [
      'is shown by its case',
      cases,
      { type: 'log', text: HIDDEN, more: 1 },
      { type: 'log', text: 'another' },
    ],
    [
      'is shown by its other case',
      cases,
      { type: 'made', entity: HIDDEN },
      { type: 'made' },
    ],
    [
      'has no field without a rule',
      { fields: { a: 'plain', b: 'plain' } },
      { a: 1, c: 2 },
      { a: 1 },
    ],
    ['is nothing where there is nothing', 'sentence', undefined, undefined],
    [
      'of no known shape has no tag of ours with a hidden name, at any depth',
      'json',
      {
        tags: { [tag]: HIDDEN, other: HIDDEN },
        list: [{ [tag]: HIDDEN }, 1, null, true],
        n: 2,
      },
      { tags: { other: 'another' }, list: [{}, 1, null, true], n: 2 },
    ],
    [
      'of no known shape keeps the tag of another entity',
      'json',
      { [tag]: SHOWN },
      { [tag]: SHOWN },
    ],
    ['of no known shape may be a text', 'json', HIDDEN, 'another'],
  ])('%s', (_, rule, value, expected) => {
    expect(show(rule, value)).toEqual(expected);
  });

  it('has no rule that nothing is known of', () => {
    expect(() => show('secret', 'x')).toThrow();
  });

  it.each<[string, any, unknown, string[]]>([
    ['an entity', 'entityRef', HIDDEN, [HIDDEN]],
    [
      'service accounts',
      'suggestions',
      [ref('a'), ref('b')],
      ['prod/payments/a', 'prod/payments/b'],
    ],
    [
      'nothing in texts',
      { fields: { a: 'plain', b: 'sentence', c: 'links' } },
      { a: HIDDEN, b: HIDDEN, c: [] },
      [],
    ],
    [
      'nothing where there is nothing',
      { fields: { a: 'entityRef', b: { each: 'entityRef' } } },
      {},
      [],
    ],
    ['each item', { each: 'entityRef' }, [HIDDEN, SHOWN], [HIDDEN, SHOWN]],
    [
      'what its case has',
      { each: cases },
      [
        { type: 'made', entity: SHOWN },
        { type: 'log', text: HIDDEN },
      ],
      [SHOWN],
    ],
    [
      'tags of ours in what has no known shape',
      'json',
      { a: [{ [tag]: HIDDEN }], [tag]: 7, b: null, c: 'x' },
      [HIDDEN],
    ],
    [
      'what a person did something to',
      report,
      changedBy({ ref: ref('a') }, 'ada'),
      ['prod/payments/a'],
    ],
    ['nothing in other tags', 'json', { team: HIDDEN }, []],
  ])('names %s', (_, rule, value, expected) => {
    expect(names(rule, value)).toEqual(expected);
  });
});
