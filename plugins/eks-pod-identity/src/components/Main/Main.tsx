import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import { type ReactNode, useEffect } from 'react';
import { useTexts } from '../../hooks/useTexts';

/** What a page of the fleet shows, as the landmark that Backstage leaves to it, with the name of the page in its title. */
export function Main({
  title,
  children,
}: {
  title:
    | 'fleet.associations'
    | 'access.title'
    | 'fleet.clusters'
    | 'checks.title'
    | 'permissions.title';
  children: ReactNode;
}) {
  const { t } = useTexts();
  const portal = useApi(configApiRef).getOptionalString('app.title');
  const name = t(title);
  useEffect(() => {
    const before = document.title;
    document.title = portal ? `${name} | ${portal}` : name;
    return () => {
      document.title = before;
    };
  }, [name, portal]);
  return <main>{children}</main>;
}
