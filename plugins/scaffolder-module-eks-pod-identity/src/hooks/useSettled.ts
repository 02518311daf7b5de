import { useEffect, useState } from 'react';

/** The text once it has not changed for a while; undefined as soon as it changes. */
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
