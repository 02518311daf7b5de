import { useCallback, useEffect, useState } from 'react';

/** How long a button says that it has copied, or could not. */
const SHOWN_MS = 2000;

/** Pages that are not served over HTTPS have no clipboard: there a selection can still be copied. */
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

/** Copies a text, and says for a moment how that went. */
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
