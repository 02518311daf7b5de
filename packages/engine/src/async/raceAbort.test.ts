import { raceAbort } from './raceAbort';

describe('raceAbort', () => {
  const never = new Promise<never>(() => {});

  it('returns the result of the work', async () => {
    const { signal } = new AbortController();
    await expect(raceAbort(Promise.resolve(1), signal)).resolves.toBe(1);
    const failed = raceAbort(Promise.reject(new Error('broken')), signal);
    await expect(failed).rejects.toThrow('broken');
  });

  it('rejects with the reason of the signal, whenever it aborts', async () => {
    const controller = new AbortController();
    const waiting = raceAbort(never, controller.signal);
    controller.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    await expect(raceAbort(never, controller.signal)).rejects.toThrow('left');
  });

  it('leaves no rejection unhandled after the abort', async () => {
    const unheard = jest.fn();
    process.on('unhandledRejection', unheard);
    const late = raceAbort(
      Promise.reject(new Error('too late')),
      AbortSignal.abort(new Error('left')),
    );
    await expect(late).rejects.toThrow('left');
    await new Promise(resolve => setImmediate(resolve));
    process.off('unhandledRejection', unheard);
    expect(unheard).not.toHaveBeenCalled();
  });
});
