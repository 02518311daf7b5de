import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import { systemClock } from 'eks-pod-identity-engine';
import { CapturingLogger } from '../__testUtils__/CapturingLogger';
import type { RunEnd } from '../operations/Run';
import { moveNewsOf } from './moveNews';
import { StatusNotifier } from './StatusNotifier';

const MIGRATE = { kind: 'migrate', input: { until: 'moved' } };
const ended = (more: object, record: object = MIGRATE) =>
  moveNewsOf({
    records: [record],
    state: 'succeeded',
    wrote: true,
    ...more,
  } as unknown as RunEnd);
const result = (more: object = {}) => ({
  result: {
    kind: 'migrate',
    changed: true,
    warnings: [],
    toConfirm: [],
    ...more,
  },
});

describe('what owners hear of a move', () => {
  it.each([
    ['moved', 'normal', 'Moved', result({ state: 'moved' })],
    ['finished', 'normal', 'Move finished', result({ state: 'finished' })],
    [
      'waiting for a person',
      'high',
      'Move waits',
      result({ state: 'moving', toConfirm: ['Deployment api'] }),
    ],
    ['waiting for pods', 'high', 'Move waits', result({ state: 'moving' })],
    [
      'failed',
      'high',
      'Move failed',
      { state: 'failed', error: { name: 'Error', message: 'It did not end.' } },
    ],
  ])('is that it is %s', (_, severity, news, end) => {
    expect(ended(end)).toMatchObject({ severity, news });
  });

  it('is that it has moved, where a person confirmed the last of it', () => {
    const record = {
      kind: 'migrate',
      input: { until: 'moved', confirmed: ['Deployment api'] },
    };
    const end = result({ changed: false, state: 'moved' });
    expect(ended(end, record)).toMatchObject({ news: 'Moved' });
  });

  it('is that another writer has let it in by IRSA again', () => {
    const record = { kind: 'migrate', input: { until: 'finished' } };
    const warnings = ['Role r lets it in by IRSA again.'];
    const news = ended(result({ state: 'moved', warnings }), record);
    expect(news).toMatchObject({ severity: 'high', sentences: warnings });
  });

  it.each([
    [
      ['Deployment api', 'Deployment web'],
      'Confirm that Deployment api, Deployment web works, or roll it back.',
    ],
    [[], 'Some of its pods are still on IRSA. One has no probe.'],
  ])('is for what it waits: %j', (toConfirm, sentence) => {
    const warnings = ['One has no probe.'];
    const news = ended(result({ state: 'moving', toConfirm, warnings }));
    expect(news?.sentences.join(' ')).toBe(sentence);
  });

  it('is that it was taken back', () => {
    const back = { kind: 'rollback', input: {} };
    const end = { result: { kind: 'rollback', changed: true } };
    expect(ended(end, back)).toMatchObject({ news: 'Back on IRSA' });
  });

  it.each([
    ['a rehearsal', result({ state: 'rehearsed' }), { ...MIGRATE, input: {} }],
    ['a run that changed nothing', result({ changed: false, state: 'moved' })],
    [
      'a plan of its end alone',
      result({ changed: false, state: 'planned' }),
      { kind: 'migrate', input: { until: 'finished', planOnly: true } },
    ],
    [
      'nothing to finish',
      result({ changed: false, state: 'finished' }),
      { kind: 'migrate', input: { until: 'finished' } },
    ],
    [
      'a refusal before any write',
      { state: 'failed', wrote: false, error: { name: 'E', message: 'No.' } },
    ],
    ['an associate', { result: { kind: 'associate' } }, { kind: 'associate' }],
  ])('is nothing of %s', (_, end, record = MIGRATE) => {
    expect(ended(end, record)).toBeUndefined();
  });
});

describe('what administrators hear of a move', () => {
  const to = async (trigger: string, more: object) => {
    const sent: NotificationSendOptions[] = [];
    const notifier = new StatusNotifier({
      administrators: ['group:default/platform'],
      appBaseUrl: 'https://portal.example.com',
      clock: systemClock,
      notifications: { send: async (one: any) => void sent.push(one) },
      store: { entityRefs: { ofRef: async () => [] } },
      recipients: 'tagged',
      telemetry: { announced: () => {} },
      logger: new CapturingLogger(),
    } as any);
    const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
    await notifier.moveEnded({
      records: [{ ...MIGRATE, ref, trigger }],
      wrote: true,
      ...more,
    } as any);
    return sent;
  };
  const failed = {
    state: 'failed',
    error: { name: 'Error', message: 'Said.' },
  };

  it.each([
    ['failed', failed],
    ['met a fault before its first write', { ...failed, wrote: false }],
  ])('is that a rule has begun one that %s', async (_, end) => {
    expect(await to('schedule', end)).toMatchObject([
      {
        recipients: { type: 'entity', entityRef: ['group:default/platform'] },
        payload: {
          title: 'Move failed: prod/shop/api',
          description: expect.stringMatching(/24 hours\. Said\.$/),
          link: 'https://portal.example.com/aws-identities/access?q=shop%2Fapi',
          severity: 'high',
        },
      },
    ]);
  });

  it.each([
    [
      'a rule has begun, and that has moved',
      'schedule',
      result({ state: 'moved' }),
    ],
    ['a user has begun', 'user', failed],
    [
      'a rule has begun, and that was refused before its first write',
      'schedule',
      {
        ...failed,
        wrote: false,
        error: { name: 'ConflictError', message: '' },
      },
    ],
    [
      'a user has begun, and that met a fault before its first write',
      'user',
      { ...failed, wrote: false },
    ],
  ])('is nothing of one that %s', async (_, trigger, more) => {
    expect(await to(trigger, more)).toEqual([]);
  });
});
