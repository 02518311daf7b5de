import { useCallback, useEffect, useRef, useState } from 'react';

/** Milliseconds to wait after a change in a field that another one depends on. */
export const DEPENDENT_DELAY_MS = 400;

/** Milliseconds after which a request counts as failed; the backend ends a plan, its longest answer, after 60 s itself. */
const LIMIT_MS = 75_000;

export interface Loaded<T> {
  /** Kept while the same thing is loaded again. */
  value?: T;
  /** Why the last attempt failed. */
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
 * Loads something that depends on other fields: again for each `key`, once the key has not changed for `delayMs`, and
 * never without a key. A request that is no longer needed is aborted, and so is one without an answer within 75 seconds.
 *
 * @param delayMs - milliseconds; a key that is known at the first render is loaded at once
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
  const [retries, setRetries] = useState(0);
  const retry = useCallback(() => setRetries(count => count + 1), []);
  const latest = useRef(load);
  latest.current = load;
  const loaded = useRef({ retries: 0, first: true });

  useEffect(() => {
    const { first } = loaded.current;
    loaded.current.first = false;
    if (key === undefined) {
      setState({ loading: false });
      return undefined;
    }
    const again = retries !== loaded.current.retries;
    const wait = again || first ? 0 : delayMs;
    const controller = new AbortController();
    setState(previous =>
      previous.key === key
        ? { ...previous, error: undefined, loading: true }
        : { key, loading: true },
    );
    let limit: ReturnType<typeof setTimeout> | undefined;
    const timer = setTimeout(async () => {
      limit = setTimeout(() => {
        controller.abort();
        const error = new Error('There was no answer within 75 seconds');
        setState({
          key,
          error: Object.assign(error, { name: 'TimeoutError' }),
          loading: false,
        });
      }, LIMIT_MS);
      loaded.current.retries = retries;
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
      } finally {
        clearTimeout(limit);
      }
    }, wait);
    return () => {
      clearTimeout(timer);
      clearTimeout(limit);
      controller.abort();
    };
  }, [key, retries, delayMs]);

  // Until the effect has run, the state is still that of the previous key
  return state.key === key
    ? { ...state, retry }
    : { loading: key !== undefined, retry };
}
