import { useCallback, useRef } from 'react';

/** The second click of a double click comes sooner. */
const DOUBLE_CLICK_MS = 500;

/** Takes a double click for one press, of a button that has become another one in between. */
export function useSinglePress() {
  const last = useRef(-Infinity);
  return useCallback((press: () => void) => {
    const now = performance.now();
    if (now - last.current < DOUBLE_CLICK_MS) return;
    last.current = now;
    press();
  }, []);
}
