import { useCallback, useEffect, useState } from 'react';

/** How long a button shows the outcome. */
const SHOWN_MS = 2000;

/** Pages that are not served over HTTPS have no clipboard API, but can copy a selection. */
export async function writeText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('readonly', '');
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  try {
    area.select();
    if (!document.execCommand('copy')) {
      throw new Error('The browser did not copy');
    }
  } finally {
    area.remove();
  }
}

/** Copies a text, and returns the outcome for a moment. */
export function useCopy(text: string) {
  const [outcome, setOutcome] = useState<'copied' | 'failed'>();
  useEffect(() => {
    if (!outcome) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = useCallback(
    () =>
      writeText(text).then(
        () => setOutcome('copied'),
        () => setOutcome('failed'),
      ),
    [text],
  );
  return { outcome, copy };
}
