const at = '2026-01-01T00:00:00.000Z';

export const log = (seq: number) => ({
  seq,
  at,
  type: 'log',
  data: { level: 'info', message: `line ${seq}` },
});

export const done = (seq: number) => ({
  seq,
  at,
  type: 'state',
  data: { state: 'succeeded' },
});

/** A finished operation whose last event has this `seq`. */
export const operation = (lastSeq: number) => ({
  id: 'op1',
  kind: 'verify',
  ref: { cluster: 'c', namespace: 'n', serviceAccount: 's' },
  state: 'succeeded',
  initiator: 'user:default/a',
  createdAt: at,
  updatedAt: at,
  lastSeq,
});

/** An event as the stream sends it. */
export const frame = (event: { seq: number }) =>
  `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
