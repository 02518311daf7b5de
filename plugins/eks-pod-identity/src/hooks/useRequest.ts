import { useCallback, useEffect, useRef, useState } from 'react';
import { Problem, toProblem } from './problems';

export interface Requested<T> {
  /** The value of this key stays while it is loaded again. */
  value?: T;
  problem?: Problem;
  loading: boolean;
  reload: () => void;
}

/**
 * Loads something: at once, for each new `key` or `version`, and on `reload`. Without a key nothing is loaded. A request
 * that is no longer needed is aborted.
 *
 * @param version - changes when the same thing is to be loaded again
 */
export function useRequest<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
  version?: string,
): Requested<T> {
  const [state, setState] = useState<
    Omit<Requested<T>, 'reload'> & { key?: string }
  >({
    key,
    loading: key !== undefined,
  });
  const [reloads, setReloads] = useState(0);
  const reload = useCallback(() => setReloads(count => count + 1), []);
  const latestLoad = useRef(load);
  latestLoad.current = load;

  useEffect(() => {
    if (key === undefined) {
      setState({ loading: false });
      return undefined;
    }
    const controller = new AbortController();
    const { signal } = controller;
    setState(previous => ({
      key,
      value: previous.key === key ? previous.value : undefined,
      loading: true,
    }));
    latestLoad.current(signal).then(
      value => {
        if (!signal.aborted) setState({ key, value, loading: false });
      },
      error => {
        if (signal.aborted) return;
        setState(({ value }) => ({
          key,
          value,
          problem: toProblem(error),
          loading: false,
        }));
      },
    );
    return () => controller.abort();
  }, [key, version, reloads]);

  // Until the effect has run, the state is still that of the previous key
  return state.key === key
    ? { ...state, reload }
    : { loading: key !== undefined, reload };
}
