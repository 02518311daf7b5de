import { useEffect, useState } from 'react';

/** A text that appears only once it has stayed the same for a while; it goes at once. */
export function useSettled(
  text: string | undefined,
  ms: number,
): string | undefined {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), ms);
    return () => clearTimeout(timer);
  }, [text, ms]);
  return text === settled ? settled : undefined;
}
