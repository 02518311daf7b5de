import { act, renderHook } from '@testing-library/react';
import { useLoaded } from './useLoaded';

describe('useLoaded', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const start = (first: string | undefined) => {
    const asked: string[] = [];
    const signals: AbortSignal[] = [];
    const again: boolean[] = [];
    const hook = renderHook(
      ({ name }) =>
        useLoaded(
          name,
          async options => {
            asked.push(name!);
            signals.push(options.signal);
            again.push(options.again);
            if (name === 'silent') await new Promise(() => {});
            if (name === 'bad') throw new Error('no such luck');
            return `answer to ${name}`;
          },
          400,
        ),
      { initialProps: { name: first } },
    );
    const pass = (ms: number) => act(() => jest.advanceTimersByTimeAsync(ms));
    return { ...hook, asked, signals, again, pass };
  };

  it('gives up a request without an answer, which can be tried again', async () => {
    const { result, asked, signals, pass } = start('silent');
    await pass(74_000);
    expect(result.current.loading).toBe(true);
    await pass(1_000);
    expect(result.current).toMatchObject({
      loading: false,
      error: { name: 'TimeoutError' },
    });
    expect(signals[0].aborted).toBe(true);
    act(() => result.current.retry());
    await pass(0);
    expect(asked).toEqual(['silent', 'silent']);
  });

  it('loads at once what is known at the first render', async () => {
    const { result, asked, pass } = start('payments');
    expect(result.current.loading).toBe(true);
    expect(result.current.value).toBeUndefined();
    await pass(0);
    expect(asked).toEqual(['payments']);
    expect(result.current).toMatchObject({
      loading: false,
      value: 'answer to payments',
    });
  });

  it('does not load while the user is still typing', async () => {
    const { result, rerender, asked, pass } = start(undefined);
    expect(result.current.loading).toBe(false);
    for (const name of ['p', 'pa', 'pay']) {
      rerender({ name });
      await pass(399);
    }
    expect(asked).toEqual([]);
    expect(result.current.loading).toBe(true);
    await pass(1);
    expect(asked).toEqual(['pay']);
    expect(result.current.value).toBe('answer to pay');
  });

  it('drops and aborts the request for another key', async () => {
    const { result, rerender, signals, pass } = start('payments');
    await pass(0);
    rerender({ name: 'ledger' });
    expect(result.current.value).toBeUndefined();
    expect(signals[0].aborted).toBe(true);
    await pass(400);
    expect(result.current.value).toBe('answer to ledger');
    rerender({ name: undefined });
    expect(result.current.loading).toBe(false);
    expect(result.current.value).toBeUndefined();
  });

  it('says why it failed, and retries without waiting', async () => {
    const { result, again, pass } = start('bad');
    await pass(0);
    expect(result.current).toMatchObject({
      error: new Error('no such luck'),
      loading: false,
    });
    act(() => result.current.retry());
    expect(result.current).toMatchObject({ error: undefined, loading: true });
    await pass(0);
    expect(again).toEqual([false, true]);
    expect(result.current.error).toEqual(new Error('no such luck'));
  });

  it('stops when the component is unmounted', async () => {
    const { unmount, signals, pass } = start('payments');
    await pass(0);
    unmount();
    expect(signals[0].aborted).toBe(true);
  });
});
