import { useApiHolder } from '@backstage/frontend-plugin-api';
import { signalApiRef } from '@backstage/plugin-signals-react';
import { useEffect } from 'react';

/** Calls `onChange` when the backend announces a change on the channel; does nothing if signals are not installed. */
export function useEntitySignal(
  channel: string | undefined,
  onChange: () => void,
) {
  const signals = useApiHolder().get(signalApiRef);
  useEffect(() => {
    if (!signals || !channel) return undefined;
    const { unsubscribe } = signals.subscribe(channel, onChange);
    return unsubscribe;
  }, [signals, channel, onChange]);
}
