import { useCallback, useEffect, useRef, useState } from 'react';

/** After a change in the field that another one depends on; milliseconds. */
export const DEPENDENT_DELAY_MS = 400;

export interface Loaded<T> {
  /** Kept while the same question is asked again. */
  value?: T;
  /** Why the last try failed. */
  error?: unknown;
  loading: boolean;
  retry: () => void;
}

interface State<T> {
  key?: string;
  value?: T;
  error?: unknown;
  loading: boolean;
}

/**
 * Asks for something that depends on other fields: again for each `key`, once it has stayed the same for `delayMs`,
 * and never without one. A question that is no longer asked is aborted.
 *
 * @param delayMs - milliseconds; what is known from the beginning is asked at once
 */
export function useLoaded<T>(
  key: string | undefined,
  load: (options: { signal: AbortSignal; again: boolean }) => Promise<T>,
  delayMs: number,
): Loaded<T> {
  const [state, setState] = useState<State<T>>({
    key,
    loading: key !== undefined,
  });
  const [turn, setTurn] = useState(0);
  const retry = useCallback(() => setTurn(n => n + 1), []);
  const latest = useRef(load);
  latest.current = load;
  const asked = useRef({ turn: 0, first: true });

  useEffect(() => {
    const { first } = asked.current;
    asked.current.first = false;
    if (key === undefined) {
      setState({ loading: false });
      return undefined;
    }
    const again = turn !== asked.current.turn;
    const wait = again || first ? 0 : delayMs;
    const controller = new AbortController();
    setState(previous =>
      previous.key === key
        ? { ...previous, error: undefined, loading: true }
        : { key, loading: true },
    );
    const timer = setTimeout(async () => {
      asked.current.turn = turn;
      try {
        const value = await latest.current({
          signal: controller.signal,
          again,
        });
        if (!controller.signal.aborted) {
          setState({ key, value, loading: false });
        }
      } catch (error) {
        if (controller.signal.aborted) return;
        setState({ key, error, loading: false });
      }
    }, wait);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key, turn, delayMs]);

  // Until the effect has run, the state is still that of the question before
  return state.key === key
    ? { ...state, retry }
    : { loading: key !== undefined, retry };
}
