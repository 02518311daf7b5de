import { useEffect, useState } from 'react';
import { useAppSearchParams } from '../olderBackstage';
import { withValues } from './searchParams';

/** Whether the address asks for it, such as by `restart=true`; it is heard once, and then leaves the address. */
export function useAskedFor(
  key: string,
  /** False for all but one of those that could do it. */
  mayDo: boolean,
): boolean {
  const [params, setParams] = useAppSearchParams();
  const [asked] = useState(mayDo && params.get(key) === 'true');
  useEffect(() => {
    if (!asked) return;
    setParams(now => withValues(now, { [key]: undefined }), { replace: true });
    // Once: setParams is another with each address
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [asked]);
  return asked;
}
