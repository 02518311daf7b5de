import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useCallback, useEffect, useRef, useState } from 'react';
import { sentenceOf } from '../api/problems';
import { formFieldsTranslationRef } from '../translation';

/** After a change in the field that another one depends on; milliseconds. */
export const DEPENDENT_DELAY_MS = 400;

export interface Loaded<T> {
  /** Kept while the same question is asked again. */
  value?: T;
  /** Why the last try failed, as a sentence. */
  problem?: string;
  loading: boolean;
  retry: () => void;
}

interface State<T> {
  key?: string;
  value?: T;
  problem?: string;
  loading: boolean;
}

/**
 * Asks for something that depends on other fields: again for each `key`, once it has stayed the same for `delayMs`,
 * and never without one. A question that is no longer asked is aborted.
 *
 * @param delayMs - milliseconds; the very first question is asked at once
 */
export function useLoaded<T>(
  key: string | undefined,
  load: (options: { signal: AbortSignal; again: boolean }) => Promise<T>,
  delayMs: number,
): Loaded<T> {
  const { t } = useTranslationRef(formFieldsTranslationRef);
  const [state, setState] = useState<State<T>>({
    loading: key !== undefined,
  });
  const [turn, setTurn] = useState(0);
  const retry = useCallback(() => setTurn(n => n + 1), []);
  const latest = useRef({ load, t });
  latest.current = { load, t };
  const asked = useRef({ turn: 0, first: true });

  useEffect(() => {
    if (key === undefined) {
      setState({ loading: false });
      return undefined;
    }
    const again = turn !== asked.current.turn;
    const wait = again || asked.current.first ? 0 : delayMs;
    const controller = new AbortController();
    setState(previous =>
      previous.key === key
        ? { ...previous, problem: undefined, loading: true }
        : { key, loading: true },
    );
    const timer = setTimeout(async () => {
      asked.current = { turn, first: false };
      try {
        const value = await latest.current.load({
          signal: controller.signal,
          again,
        });
        if (!controller.signal.aborted) {
          setState({ key, value, loading: false });
        }
      } catch (error) {
        if (controller.signal.aborted) return;
        setState({
          key,
          problem: sentenceOf(error, latest.current.t),
          loading: false,
        });
      }
    }, wait);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key, turn, delayMs]);

  return { ...state, retry };
}
