import { NotAllowedError } from '@backstage/errors';
import type { NewOperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { silentLogger } from '../../async/__testUtils__/silentLogger';
import { systemClock } from '../../async/clock';
import type { Scope } from './scope';
import type { Work } from './outcome';
import type { Deed } from './Step';
import { carryOut } from './StepRunner';

function setUp() {
  const events: NewOperationEvent[] = [];
  const leases: string[] = [];
  const controller = new AbortController();
  let held = 0;
  const scope = {
    cluster: { id: 'c', accountId: '1', region: 'r' },
    context: {
      clock: systemClock,
      logger: silentLogger,
      signal: controller.signal,
      emit: async (event: NewOperationEvent) => {
        events.push(event);
      },
      guard: {
        beforeWrite: async () => {},
        withLease: async (key: { name: string }, work: () => Promise<void>) => {
          held += 1;
          leases.push(`${key.name}:${held}`);
          await work();
          held -= 1;
        },
      },
    },
  } as unknown as Scope;
  const order: string[] = [];
  const work = (
    id: string,
    dependsOn: string[] = [],
    more: Partial<Deed> = {},
  ): Work => ({
    id,
    dependsOn,
    deed: {
      does: `do ${id}`,
      did: `Did ${id}`,
      run: async () => {
        order.push(id);
      },
      ...more,
    },
  });
  return { scope, events, leases, controller, order, work };
}

const statuses = (events: NewOperationEvent[]) =>
  events.flatMap(event =>
    event.type === 'step' ? [`${event.data.id} ${event.data.status}`] : [],
  );

describe('carryOut', () => {
  it('respects dependencies, and runs the rest in parallel', async () => {
    const { scope, order, work } = setUp();
    let release: () => void = () => {};
    const slow = new Promise<void>(resolve => {
      release = resolve;
    });
    await carryOut(scope, [
      work('a', [], {
        run: async () => {
          await slow;
          order.push('a');
        },
      }),
      work('b', ['a']),
      work('c', ['not-in-the-plan'], {
        run: async () => {
          order.push('c');
          release();
        },
      }),
    ]);
    expect(order).toEqual(['c', 'a', 'b']);
  });

  it('stops dependants of a failure, finishes the others, and reports both', async () => {
    const { scope, order, events, work } = setUp();
    const error = await carryOut(scope, [
      work('a', [], {
        run: async () => {
          throw new NotAllowedError('No right to a');
        },
      }),
      work('b', ['a']),
      work('c', ['b']),
      work('d'),
    ]).catch(e => e);
    expect(order).toEqual(['d']);
    expect(error).toBeInstanceOf(NotAllowedError);
    expect(error.message).toBe(
      'No right to a. Done: do d. Not done: do a; do b; do c. Running it again carries on from there.',
    );
    expect(statuses(events)).toEqual(
      expect.arrayContaining(['a failed', 'b skipped', 'c skipped', 'd done']),
    );
  });

  it('continues a lane after a failed step that the others do not need', async () => {
    const { scope, order, leases, work } = setUp();
    const lane = {
      lane: { name: 'role', lease: { kind: 'role' as const, name: 'r' } },
    };
    await expect(
      carryOut(scope, [
        work('a', [], lane),
        work('b', ['a'], {
          ...lane,
          run: async () => {
            throw new Error('broken');
          },
        }),
        work('c', ['a'], lane),
        work('d', ['b'], lane),
      ]),
    ).rejects.toThrow(/broken.*Not done: do b; do d/);
    expect(order).toEqual(['a', 'c']);
    expect(leases).toEqual(['r:1']);
  });

  it('runs independent steps of a lane side by side, and records what became of each', async () => {
    const { scope, order, leases, events, work } = setUp();
    const lane = {
      lane: { name: 'role', lease: { kind: 'role' as const, name: 'r' } },
    };
    let release: () => void = () => {};
    const second = new Promise<void>(resolve => {
      release = resolve;
    });
    const error = await carryOut(scope, [
      work('role', [], lane),
      work('first', ['role'], {
        ...lane,
        run: async () => {
          await second;
          throw new NotAllowedError('No right to attach it');
        },
      }),
      work('second', ['role'], {
        ...lane,
        run: async () => {
          order.push('second');
          release();
        },
      }),
      work('association', ['role', 'first', 'second']),
    ]).catch(e => e);
    expect(order).toEqual(['role', 'second']);
    expect(error.message).toBe(
      'No right to attach it. Done: do role; do second. Not done: do first; do association. Running it again carries on from there.',
    );
    expect(statuses(events)).toEqual([
      'role started',
      'role done',
      'first started',
      'second started',
      'second done',
      'first failed',
      'association skipped',
    ]);
    expect(leases).toEqual(['r:1']);
  });

  it('reads ahead under the lease of the lane, beside the steps before it', async () => {
    const { scope, order, leases, work } = setUp();
    let release: () => void = () => {};
    const read = new Promise<void>(resolve => {
      release = resolve;
    });
    await carryOut(scope, [
      work('association', [], {
        run: async () => {
          await read;
          order.push('association');
        },
      }),
      work('role', ['association'], {
        lane: { name: 'role', lease: { kind: 'role', name: 'r' } },
        readAhead: () => {
          order.push(`read under ${leases}`);
          release();
        },
      }),
    ]);
    expect(order).toEqual(['read under r:1', 'association', 'role']);
  });

  it('skips a step that has read ahead when a step before it fails', async () => {
    const { scope, order, work } = setUp();
    const error = await carryOut(scope, [
      work('association', [], {
        run: async () => {
          throw new Error('still there');
        },
      }),
      work('role', ['association'], {
        lane: { name: 'role', lease: { kind: 'role', name: 'r' } },
        readAhead: () => order.push('read'),
      }),
    ]).catch(e => e);
    expect(order).toEqual(['read']);
    expect(error.message).toMatch(/Not done: do association; do role\./);
  });

  it('does not wait until an event is recorded, and ends only when all are', async () => {
    const { scope, order, work } = setUp();
    let recorded = 0;
    scope.context.emit = async () => {
      await new Promise(resolve => setImmediate(resolve));
      recorded += 1;
    };
    await carryOut(scope, [
      work('a'),
      work('b', ['a'], {
        run: async () => {
          order.push(`b after ${recorded} events`);
        },
      }),
    ]);
    expect(order).toEqual(['a', 'b after 0 events']);
    expect(recorded).toBe(4);
  });

  it('holds one lease at a time', async () => {
    const { scope, leases, work } = setUp();
    await carryOut(scope, [
      work('a', [], {
        lane: { name: 'a', lease: { kind: 'cluster', name: 'c' } },
      }),
      work('b', [], {
        lane: { name: 'b', lease: { kind: 'role', name: 'r' } },
      }),
    ]);
    expect(leases).toEqual(['c:1', 'r:1']);
  });

  it('fails the steps whose lease cannot be taken', async () => {
    const { scope, order, work } = setUp();
    scope.context.guard.withLease = async () => {
      throw new Error('held by another operation');
    };
    await expect(
      carryOut(scope, [
        work('a', [], {
          lane: { name: 'a', lease: { kind: 'role', name: 'r' } },
        }),
        work('b'),
      ]),
    ).rejects.toThrow(/held by another operation.*Done: do b\. Not done: do a/);
    expect(order).toEqual(['b']);
  });

  it('stops between steps when aborted', async () => {
    const { scope, order, controller, work } = setUp();
    const error = await carryOut(scope, [
      work('a', [], {
        run: async () => {
          order.push('a');
          controller.abort(new Error('Cancelled by me'));
        },
      }),
      work('b', ['a']),
    ]).catch(e => e);
    expect(order).toEqual(['a']);
    expect(error.name).toBe('CancelledError');
    expect(error.message).toMatch(
      /^Cancelled by me\. Done: do a\. Not done: do b\./,
    );
  });

  it('succeeds when aborted after its last step', async () => {
    const { scope, controller, work } = setUp();
    await expect(
      carryOut(scope, [
        work('a', [], { run: async () => controller.abort(new Error('late')) }),
      ]),
    ).resolves.toMatchObject({ warnings: [] });
  });

  it('tells which steps wrote nothing', async () => {
    const { scope, work } = setUp();
    const { idle, warnings } = await carryOut(scope, [
      work('a'),
      work('b', [], {
        run: async step => {
          step.warn('Left alone.');
          step.wroteNothing();
        },
      }),
    ]);
    expect([...idle]).toEqual(['b']);
    expect(warnings).toEqual(['Left alone.']);
  });

  it('counts a step as done although its event could not be recorded', async () => {
    const { scope, order, work } = setUp();
    scope.context.emit = async () => {
      throw new Error('database is away');
    };
    await carryOut(scope, [work('a'), work('b', ['a'])]);
    expect(order).toEqual(['a', 'b']);
  });
});
