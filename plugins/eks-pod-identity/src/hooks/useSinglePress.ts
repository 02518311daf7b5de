import { useCallback, useRef } from 'react';

/** The second click of a double click comes within this time. */
const DOUBLE_CLICK_MS = 500;

/** Counts a double click as one press, also on a button that changes its meaning in between. */
export function useSinglePress() {
  const last = useRef(-Infinity);
  return useCallback((press: () => void) => {
    const now = performance.now();
    if (now - last.current < DOUBLE_CLICK_MS) return;
    last.current = now;
    press();
  }, []);
}
