import { useCallback, useEffect, useRef, useState } from 'react';
import { Poller, type Polled, type PollingOptions } from './Poller';

/** Keeps something up to date while the component is mounted. Other options start over, so memoise them. */
export function usePolling<T>(
  options: PollingOptions<T>,
): Polled<T> & { refresh: () => void } {
  const [state, setState] = useState<Polled<T>>({ loading: true });
  const poller = useRef<Poller<T>>(undefined);
  useEffect(() => {
    const current = new Poller(options, setState);
    poller.current = current;
    current.start();
    return () => {
      poller.current = undefined;
      current.stop();
    };
  }, [options]);
  const refresh = useCallback(() => poller.current?.refresh(), []);
  return { ...state, refresh };
}
